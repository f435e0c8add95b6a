import { applyDecorators, SetMetadata, type ExecutionContext } from '@nestjs/common';

const key = 'plinth:idempotency';

/** How a mutating route treats `Idempotency-Key`. */
export type IdempotencyPolicy =
  | {
      readonly mode: 'required';
      /** Before sign-in: the account or token that the body names, which takes the principal's place in the scope. Never a secret. */
      readonly subject?: (body: Readonly<Record<string, unknown>>) => unknown;
    }
  | { readonly mode: 'optional'; readonly reason: string };

/** The route needs an `Idempotency-Key`, and its effect happens once. */
export const Idempotent = (options: { subject?: (body: Readonly<Record<string, unknown>>) => unknown } = {}) =>
  applyDecorators(SetMetadata(key, { mode: 'required', ...options } satisfies IdempotencyPolicy));

/** A key is honoured where it is sent. @param reason why it may be absent, in words; `make audit` lists it */
export const IdempotencyOptional = (reason: string) =>
  applyDecorators(SetMetadata(key, { mode: 'optional', reason } satisfies IdempotencyPolicy));

export function idempotencyPolicyOf(execution: ExecutionContext): IdempotencyPolicy | undefined {
  return Reflect.getMetadata(key, execution.getHandler()) as IdempotencyPolicy | undefined;
}
