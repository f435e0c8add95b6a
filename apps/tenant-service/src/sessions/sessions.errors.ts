import { defineErrors } from '@plinth/kernel';

export const sessionErrors = defineErrors({
  /** The same for an unknown account, a wrong password and a disabled account. */
  credentialsInvalid: {
    code: 'credentials_invalid',
    kind: 'unauthenticated',
    detail: 'The e-mail address or the password is wrong.',
    remedy: 'Check both.',
  },
  sessionRequired: {
    code: 'session_required',
    kind: 'forbidden',
    detail: 'Only who has signed in can sign out; an API key is revoked instead.',
    remedy: 'Use DELETE /v1/api-keys/{id} to end a key.',
  },
});
