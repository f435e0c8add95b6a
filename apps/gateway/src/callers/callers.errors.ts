import { Problem } from '@plinth/kernel';

/** RFC 6750, section 3: a credential that was refused is told so. */
const refused = { headers: { 'www-authenticate': 'Bearer realm="plinth", error="invalid_token"' } };

export const callerErrors = {
  /** One answer for every defect: unknown, mistyped, revoked, expired. */
  apiKeyInvalid: () => new Problem('api_key_invalid', 'unauthenticated', 'The API key is not valid.', refused),
  credentialsConflict: () => new Problem('credentials_conflict', 'unauthenticated', 'Authorization and X-Api-Key name different credentials.', refused),
  sessionRevoked: () => new Problem('session_revoked', 'unauthenticated', 'The session has ended. Sign in again.', refused),
  tenantSuspended: () => new Problem('tenant_suspended', 'forbidden', 'The tenant is suspended.'),
  tenantIdMalformed: () => new Problem('tenant_id_malformed', 'malformed', 'X-Tenant-Id is not a UUID.'),
  /** Whether the caller is still let in cannot be found out: closed when in doubt. */
  standingUnknown: (cause: unknown) =>
    new Problem('caller_unconfirmed', 'unavailable', 'The caller cannot be confirmed at the moment.', { headers: { 'retry-after': '1' }, cause }),
};
