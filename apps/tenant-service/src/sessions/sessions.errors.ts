import { Problem } from '@plinth/kernel';

export const sessionErrors = {
  /** The same for an unknown account, a wrong password and a disabled account. */
  credentialsInvalid: () => new Problem('credentials_invalid', 'unauthenticated', 'The e-mail address or the password is wrong.'),
};
