import { applyDecorators, SetMetadata, type ExecutionContext } from '@nestjs/common';

const key = 'plinth:idempotency';

export interface IdempotentOptions {
  /**
   * Before sign-in: the account or token that the body names, which takes the principal's place in the
   * scope. Never a secret. An open route has to say it, or strangers would share their keys.
   */
  readonly subject?: (body: Readonly<Record<string, unknown>>) => unknown;
  /** The route calls the outside, and its service claims the key by `ExternalCalls` while no transaction is open. */
  readonly external?: ExternalOptions;
}

export interface ExternalOptions {
  /** Longer than the call may take. After it a repeated request is told `outcome_unknown`, until the outcome is recorded after all. */
  readonly leaseSeconds: number;
}

/** How a mutating route treats `Idempotency-Key`. */
export type IdempotencyPolicy = IdempotentOptions & ({ readonly mode: 'required' } | { readonly mode: 'optional'; readonly reason: string });

/** The route needs an `Idempotency-Key`, and its effect happens once. */
export const Idempotent = (options: IdempotentOptions = {}) => applyDecorators(SetMetadata(key, { mode: 'required', ...options } satisfies IdempotencyPolicy));

/** A key is honoured where it is sent. @param reason why it may be absent, in words; `make audit` lists it */
export const IdempotencyOptional = (reason: string, options: IdempotentOptions = {}) =>
  applyDecorators(SetMetadata(key, { mode: 'optional', reason, ...options } satisfies IdempotencyPolicy));

export function idempotencyPolicyOf(execution: ExecutionContext): IdempotencyPolicy | undefined {
  return Reflect.getMetadata(key, execution.getHandler()) as IdempotencyPolicy | undefined;
}
