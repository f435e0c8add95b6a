import { Problem, type FieldError } from '@plinth/kernel';

export const accountErrors = {
  emailTaken: () => new Problem('email_taken', 'conflict', 'There is an account with this e-mail address already.'),
  consentMissing: (errors: readonly FieldError[]) =>
    new Problem('consent_missing', 'invalid', 'Sign-up needs consent to the current version of each required document.', { errors }),
};
