import { defineErrors } from '@plinth/kernel';

/** RFC 6750, section 3: a credential that was refused is told so. */
const refused = { 'www-authenticate': 'Bearer realm="plinth", error="invalid_token"' };

export const callerErrors = defineErrors({
  /** One answer for every defect: unknown, mistyped, paused, revoked, expired, rotated. */
  apiKeyInvalid: {
    code: 'api_key_invalid',
    kind: 'unauthenticated',
    detail: 'The API key is not valid.',
    remedy: 'Check it for a typing error; a paused key is taken up again, a revoked, rotated or expired one is replaced by a new one.',
    headers: refused,
  },
  addressNotAllowed: {
    code: 'address_not_allowed',
    kind: 'forbidden',
    detail: 'The API key is not taken from this address.',
    remedy: 'Call from one of the networks in the key’s `allowedAddresses`, or have them changed.',
  },
  credentialsConflict: {
    code: 'credentials_conflict',
    kind: 'unauthenticated',
    detail: 'Authorization and X-Api-Key name different credentials.',
    remedy: 'Send one of them.',
    headers: refused,
  },
  /** One answer for every defect: unknown, malformed, ended, one of several. */
  sessionCookieInvalid: {
    code: 'session_cookie_invalid',
    kind: 'unauthenticated',
    detail: 'The session’s cookie is not good any more.',
    remedy: 'Sign in again.',
    headers: refused,
  },
  csrfTokenInvalid: {
    code: 'csrf_token_invalid',
    kind: 'forbidden',
    detail: 'A call by the session’s cookie that may change something needs the session’s CSRF token.',
    remedy: 'Send X-CSRF-Token with the `csrfToken` of the sign-in’s answer, or of GET /v1/auth/csrf.',
  },
  crossSite: {
    code: 'cross_site_request',
    kind: 'forbidden',
    detail: 'A call by the session’s cookie came from a page of another origin.',
    remedy: 'Serve the front end under the origin of the API, or call with an access token.',
  },
  consentRequired: {
    code: 'consent_required',
    kind: 'forbidden',
    detail: 'A document that is required has a newer version, and the time to agree to it is over.',
    remedy: 'GET /v1/auth/consents lists what is outstanding; agree to it by POST /v1/auth/consents. Reading goes on without.',
  },
  sessionRevoked: {
    code: 'session_revoked',
    kind: 'unauthenticated',
    detail: 'The session has ended. Sign in again.',
    remedy: 'Sign in again.',
    headers: refused,
  },
  tenantSuspended: {
    code: 'tenant_suspended',
    kind: 'forbidden',
    detail: 'The tenant is suspended.',
    remedy: 'Ask the platform’s operator; the tenant’s audit trail has the reason.',
  },
  tenantDeactivated: {
    code: 'tenant_deactivated',
    kind: 'forbidden',
    detail: 'The tenant was deactivated.',
    remedy: 'There is no way back: use another tenant, or make a new one.',
  },
  tenantIdMalformed: {
    code: 'tenant_id_malformed',
    kind: 'malformed',
    detail: 'X-Tenant-Id is not a UUID.',
    remedy: 'Send the id of one of the caller’s tenants, or leave the header out.',
  },
  /** Whether the caller is still let in cannot be found out: closed when in doubt. */
  standingUnknown: {
    code: 'caller_unconfirmed',
    kind: 'unavailable',
    detail: 'The caller cannot be confirmed at the moment.',
    remedy: 'Try again after Retry-After.',
    headers: { 'retry-after': '1' },
    with: (cause: unknown) => ({ cause }),
  },
});
