import { defineErrors } from '@plinth/kernel';

export const sessionErrors = defineErrors({
  /** The same for an unknown account, a wrong password and a disabled account. */
  credentialsInvalid: {
    code: 'credentials_invalid',
    kind: 'unauthenticated',
    detail: 'The e-mail address or the password is wrong.',
    remedy: 'Check both.',
  },
  /** The same for an unknown, an expired, a revoked and a used one. */
  refreshTokenInvalid: {
    code: 'refresh_token_invalid',
    kind: 'unauthenticated',
    detail: 'The refresh token is not good any more.',
    remedy: 'Sign in again.',
  },
  sessionNotFound: {
    code: 'session_not_found',
    kind: 'not_found',
    detail: 'The caller has no such session.',
    remedy: 'List the sessions with GET /v1/auth/sessions.',
  },
});
