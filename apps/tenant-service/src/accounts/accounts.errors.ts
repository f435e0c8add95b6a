import { defineErrors, type FieldError } from '@plinth/kernel';

export const accountErrors = defineErrors({
  emailTaken: {
    code: 'email_taken',
    kind: 'conflict',
    detail: 'There is an account with this e-mail address already.',
    remedy: 'Sign in with it, or sign up with another address.',
  },
  consentMissing: {
    code: 'consent_missing',
    kind: 'invalid',
    detail: 'Sign-up needs consent to the current version of each required document.',
    remedy: 'Show what GET /v1/policies lists and send `consents` with those versions.',
    with: (errors: readonly FieldError[]) => ({ errors }),
  },
});
