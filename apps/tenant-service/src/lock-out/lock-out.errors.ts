import { defineErrors } from '@plinth/kernel';

export const lockOutErrors = defineErrors({
  /** The same for accounts that there are and that there are not. */
  tooManyAttempts: {
    code: 'too_many_attempts',
    kind: 'throttled',
    detail: 'Too many tries to sign in to this account have failed.',
    remedy: 'Wait for as long as Retry-After says, or ask for a new password with POST /v1/auth/password/forgot.',
    with: (retryAfterSeconds: number) => ({ headers: { 'retry-after': String(retryAfterSeconds) } }),
  },
});
