import { defineErrors, type FieldError } from '@plinth/kernel';

export const passwordErrors = defineErrors({
  tooCommon: {
    code: 'password_too_common',
    kind: 'invalid',
    detail: 'The password would be guessed.',
    remedy: 'Choose another: a few words that nobody would put together are good.',
    with: (errors: readonly FieldError[]) => ({ errors }),
  },
  wrong: {
    code: 'password_wrong',
    kind: 'forbidden',
    detail: 'The current password is another.',
    remedy: 'Enter the current password, or ask for a new one with POST /v1/auth/password/forgot.',
  },
});
