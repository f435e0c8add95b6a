import { Problem, type ProblemExtra } from '@plinth/kernel';

/** RFC 9110, section 11.6.1: a 401 names the scheme. RFC 6750, section 3: a token that was refused is told so. */
function challenge(error?: 'invalid_token'): ProblemExtra {
  return { headers: { 'www-authenticate': error === undefined ? 'Bearer realm="plinth"' : `Bearer realm="plinth", error="${error}"` } };
}

export function authenticationRequired(): Problem {
  return new Problem('authentication_required', 'unauthenticated', 'This route needs credentials.', challenge());
}

/** One answer for every defect, so that a forger learns nothing; `cause` is for the log. */
export function tokenInvalid(cause?: unknown): Problem {
  return new Problem('token_invalid', 'unauthenticated', 'The access token is not valid.', { ...challenge('invalid_token'), cause });
}

export function tokenExpired(): Problem {
  return new Problem('token_expired', 'unauthenticated', 'The access token has expired.', challenge('invalid_token'));
}

export function verificationKeysMissing(): Problem {
  return new Problem('verification_keys_unavailable', 'unavailable', 'Access tokens cannot be verified at the moment.', {
    headers: { 'retry-after': '1' },
  });
}

/** The request did not come through the gateway, or was changed on the way. */
export function identityInvalid(cause?: unknown): Problem {
  return new Problem('identity_invalid', 'unauthenticated', 'The request carries no valid internal identity.', { ...challenge(), cause });
}

export function tenantRequired(): Problem {
  return new Problem('tenant_required', 'forbidden', 'The caller has no active tenant.');
}

export function tenantForbidden(): Problem {
  return new Problem('tenant_forbidden', 'forbidden', 'The tenant is not one of the caller’s.');
}

export function accessDenied(): Problem {
  return new Problem('access_denied', 'forbidden', 'The caller does not have the capability that this route needs.');
}

/** Also what another tenant owns is not found. */
export function resourceNotFound(): Problem {
  return new Problem('not_found', 'not_found', 'There is no such resource.');
}
