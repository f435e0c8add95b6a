import { Problem } from '@plinth/kernel';

export const sessionErrors = {
  /** The same for an unknown account, a wrong password and a disabled account. */
  credentialsInvalid: () => new Problem('credentials_invalid', 'unauthenticated', 'The e-mail address or the password is wrong.'),
  sessionRequired: () => new Problem('session_required', 'forbidden', 'Only who has signed in can sign out; an API key is revoked instead.'),
};
