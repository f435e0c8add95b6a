import { applyDecorators, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { saysOfRoute } from '@plinth/http';
import { idempotencyErrors } from './idempotency.errors.js';

const key = 'plinth:idempotency';

/** How a route differs from one where a signed-in caller changes our data alone. */
export interface IdempotentOptions {
  /**
   * Before sign-in: the account or token that the body names, which takes the principal's place in the
   * scope. Never a secret. An open route has to say it, or strangers would share their keys.
   */
  readonly subject?: (body: Readonly<Record<string, unknown>>) => unknown;
  /** The route calls the outside, and its service claims the key by `ExternalCalls` while no transaction is open. */
  readonly external?: ExternalOptions;
}

/** Of a route that calls the outside. */
export interface ExternalOptions {
  /** Longer than the call may take. After it a repeated request is told `outcome_unknown`, until the outcome is recorded after all. */
  readonly leaseSeconds: number;
}

/** How a mutating route treats `Idempotency-Key`. */
export type IdempotencyPolicy = IdempotentOptions & ({ readonly mode: 'required' } | { readonly mode: 'optional'; readonly reason: string });

/** The route needs an `Idempotency-Key`, and its effect happens once. */
export const Idempotent = (options: IdempotentOptions = {}) => declares({ mode: 'required', ...options });

/** A key is honoured where it is sent. @param reason why it may be absent, in words; `make audit` lists it */
export const IdempotencyOptional = (reason: string, options: IdempotentOptions = {}) => declares({ mode: 'optional', reason, ...options });

function declares(policy: IdempotencyPolicy) {
  const { keyRequired, keyMalformed, inProgress, keyReused, outcomeUnknown } = idempotencyErrors;
  const required = policy.mode === 'required';
  return applyDecorators(
    SetMetadata(key, policy),
    saysOfRoute({
      errors: [...(required ? [keyRequired] : []), keyMalformed, inProgress, keyReused, ...(policy.external === undefined ? [] : [outcomeUnknown])],
      parameters: [
        {
          name: 'Idempotency-Key',
          in: 'header',
          required,
          description: 'Fresh with each new request, the same with its retries: those are answered what the first one was, with `Idempotent-Replayed: true`.',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
        },
      ],
    }),
  );
}

/** What the handler's own decorator declares. Undefined where it has none: a key is required then. */
export function idempotencyPolicyOf(execution: ExecutionContext): IdempotencyPolicy | undefined {
  return Reflect.getMetadata(key, execution.getHandler()) as IdempotencyPolicy | undefined;
}
