import type { CredentialKind } from '@plinth/contracts';
import { defineErrors } from '@plinth/kernel';

// RFC 9110, section 11.6.1: a 401 names the scheme. RFC 6750, section 3: a token that was refused is told so.
const challenge = { 'www-authenticate': 'Bearer realm="plinth"' };
const refused = { 'www-authenticate': 'Bearer realm="plinth", error="invalid_token"' };

/** Who calls, and whether they may. */
export const authErrors = defineErrors({
  authenticationRequired: {
    code: 'authentication_required',
    kind: 'unauthenticated',
    detail: 'This route needs credentials.',
    remedy: 'Send an access token or an API key: Authorization: Bearer, or X-Api-Key.',
    headers: challenge,
  },
  /** One answer for every defect, so that a forger learns nothing; the cause is for the log. */
  tokenInvalid: {
    code: 'token_invalid',
    kind: 'unauthenticated',
    detail: 'The access token is not valid.',
    remedy: 'Sign in again; a clock that is minutes off refuses good tokens too.',
    headers: refused,
    with: (cause?: unknown) => ({ cause }),
  },
  tokenExpired: {
    code: 'token_expired',
    kind: 'unauthenticated',
    detail: 'The access token has expired.',
    remedy: 'Sign in again.',
    headers: refused,
  },
  verificationKeysMissing: {
    code: 'verification_keys_unavailable',
    kind: 'unavailable',
    detail: 'Access tokens cannot be verified at the moment.',
    remedy: 'Try again after Retry-After.',
    headers: { 'retry-after': '1' },
  },
  /** The request did not come through the gateway, or was changed on the way. */
  identityInvalid: {
    code: 'identity_invalid',
    kind: 'unauthenticated',
    detail: 'The request carries no valid internal identity.',
    remedy: 'Call the gateway: a service answers nobody else.',
    headers: challenge,
    with: (cause?: unknown) => ({ cause }),
  },
  tenantRequired: {
    code: 'tenant_required',
    kind: 'forbidden',
    detail: 'The caller has no active tenant.',
    remedy: 'Call as a member of a tenant, and name it in X-Tenant-Id where there are several.',
  },
  tenantForbidden: {
    code: 'tenant_forbidden',
    kind: 'forbidden',
    detail: 'The tenant is not one of the caller’s.',
    remedy: 'Name one of the caller’s tenants in X-Tenant-Id, or leave it out; a key is bound to its own.',
  },
  accessDenied: {
    code: 'access_denied',
    kind: 'forbidden',
    detail: 'The caller does not have the capability that this route needs.',
    remedy: 'Ask for a role, or make a key with a scope, that grants the route’s `x-plinth-capability`.',
  },
  sessionRequired: {
    code: 'session_required',
    kind: 'forbidden',
    detail: 'This is for people who have signed in; an API key is nobody’s session.',
    remedy: 'Sign in. To end a key, use DELETE /v1/api-keys/{id}.',
  },
  credentialRequired: {
    code: 'credential_required',
    kind: 'forbidden',
    detail: 'The capability needs a verified credential that the caller does not have.',
    remedy: 'Have the credential that the member `credential` names verified for the tenant, or ask someone who has it. A key has none.',
    with: (credential: CredentialKind) => ({ members: { credential } }),
  },
  credentialExpired: {
    code: 'credential_expired',
    kind: 'forbidden',
    detail: 'The verified credential that the capability needs has expired.',
    remedy: 'Have the renewed credential that the member `credential` names verified.',
    with: (credential: CredentialKind) => ({ members: { credential } }),
  },
  /** Also what another tenant owns is not found. */
  resourceNotFound: {
    code: 'not_found',
    kind: 'not_found',
    detail: 'There is no such resource.',
    remedy: 'Check the id, and that the active tenant is the one that owns it.',
  },
});
