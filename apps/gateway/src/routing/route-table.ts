import type { ErrorDialect } from '@plinth/http';
import type { UpstreamName } from '../upstreams/upstream-names.js';

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call: anyone, for the reason in words; a principal that is let in; or, for signing out, also one
 * whose session has ended or whose tenant is suspended.
 */
export type RouteAccess = { readonly open: string } | 'principal' | 'leaving';

/** One public route of the suite. */
export interface GatewayRoute {
  readonly method: RouteMethod;
  /** `{name}` stands for one non-empty segment. */
  readonly path: `/${string}`;
  readonly upstream: UpstreamName;
  readonly access: RouteAccess;
  /** Most bytes of a body; one more is a 413. */
  readonly bodyLimitBytes: number;
  /** Time from the end of the request to the first byte of the answer; past it is a 504. */
  readonly firstByteTimeoutMs: number;
  /** In whose shape failures are told, the gateway's own too; problem documents where it says nothing. */
  readonly dialect?: ErrorDialect;
  /** Costs the tenant no unit of its API calls. */
  readonly free?: true;
}

const MIB = 1_048_576;
/** What anyone may send, who is not signed in: the limit of `@Public`. */
const openBodyLimitBytes = 16_384;

function route(
  method: RouteMethod,
  path: GatewayRoute['path'],
  upstream: UpstreamName,
  access: RouteAccess,
  limits: Partial<Pick<GatewayRoute, 'bodyLimitBytes' | 'firstByteTimeoutMs' | 'dialect' | 'free'>> = {},
): GatewayRoute {
  const bodyLimitBytes = typeof access === 'object' ? openBodyLimitBytes : MIB;
  return { method, path, upstream, access, bodyLimitBytes, firstByteTimeoutMs: 15_000, ...limits };
}

/**
 * Every route that the gateway forwards; what is not here does not exist from outside. What a
 * principal may do with a route is the service's to decide, by the capability that it declares.
 */
export const routeTable: readonly GatewayRoute[] = [
  route('POST', '/v1/auth/register', 'tenant-service', { open: 'sign-up comes before there is an account' }),
  route('POST', '/v1/auth/login', 'tenant-service', { open: 'login is how a caller gets its credential' }),
  route('POST', '/v1/auth/refresh', 'tenant-service', { open: 'the refresh token is the proof of who calls' }),
  route('POST', '/v1/auth/email/verify', 'tenant-service', { open: 'the mailed token is the proof of who calls' }),
  route('POST', '/v1/auth/email/change/confirm', 'tenant-service', { open: 'the mailed token is the proof of who calls' }),
  route('POST', '/v1/auth/email/resend', 'tenant-service', { open: 'whoever is not verified may not be able to sign in' }),
  route('POST', '/v1/auth/password/forgot', 'tenant-service', { open: 'whoever forgot the password cannot sign in' }),
  route('POST', '/v1/auth/password/reset', 'tenant-service', { open: 'the mailed token is the proof of who calls' }),
  route('POST', '/v1/auth/password/change', 'tenant-service', 'principal'),
  route('POST', '/v1/auth/email/change', 'tenant-service', 'principal'),
  route('GET', '/v1/auth/second-factor', 'tenant-service', 'principal'),
  route('POST', '/v1/auth/second-factor', 'tenant-service', 'principal'),
  route('POST', '/v1/auth/second-factor/confirm', 'tenant-service', 'principal'),
  route('POST', '/v1/auth/second-factor/recovery-codes', 'tenant-service', 'principal'),
  route('POST', '/v1/auth/second-factor/disable', 'tenant-service', 'principal'),
  route('POST', '/v1/auth/erasure', 'tenant-service', 'principal'),
  route('GET', '/v1/auth/erasure/{receipt}', 'tenant-service', { open: 'the receipt is the proof of who asks, who has no account any more' }),
  route('POST', '/v1/auth/logout', 'tenant-service', 'leaving'),
  route('GET', '/v1/auth/me', 'tenant-service', 'principal'),
  route('GET', '/v1/auth/csrf', 'tenant-service', 'principal'),
  route('GET', '/v1/auth/consents', 'tenant-service', 'principal'),
  route('POST', '/v1/auth/consents', 'tenant-service', 'principal'),
  route('POST', '/v1/auth/consents/{document}/withdraw', 'tenant-service', 'principal'),
  route('GET', '/v1/auth/exports', 'tenant-service', 'principal'),
  route('POST', '/v1/auth/exports', 'tenant-service', 'principal'),
  route('GET', '/v1/auth/exports/{id}', 'tenant-service', 'principal'),
  route('GET', '/v1/auth/exports/{id}/archive', 'tenant-service', 'principal'),
  route('GET', '/v1/auth/sessions', 'tenant-service', 'principal'),
  route('DELETE', '/v1/auth/sessions/{id}', 'tenant-service', 'principal'),
  route('GET', '/v1/policies', 'tenant-service', { open: 'sign-up must show what it asks consent to' }),
  route('GET', '/v1/policies/{document}/versions', 'tenant-service', { open: 'people read what they agree to before they sign up' }),
  route('GET', '/v1/policies/{document}/versions/{version}', 'tenant-service', { open: 'people read what they agree to before they sign up' }),
  route('GET', '/v1/policy-texts/{sha256}', 'tenant-service', { open: 'people read what they agree to before they sign up' }),
  route('GET', '/terms', 'tenant-service', { open: 'people read what they agree to before they sign up' }),
  route('GET', '/policies/{document}', 'tenant-service', { open: 'people read what they agree to before they sign up' }),
  route('GET', '/policies/{document}/{version}', 'tenant-service', { open: 'people read what they agreed to' }),
  route('POST', '/v1/admin/policies', 'tenant-service', 'principal'),
  route('GET', '/v1/privacy-notice', 'tenant-service', { open: 'people read it before they sign up' }),
  route('GET', '/privacy', 'tenant-service', { open: 'people read it before they sign up' }),
  route('GET', '/.well-known/jwks.json', 'tenant-service', { open: 'public keys, for anyone who verifies an access token' }),
  route('GET', '/v1/tenants', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}', 'tenant-service', 'principal'),
  route('PATCH', '/v1/tenants/{id}', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/billing', 'tenant-service', 'principal'),
  route('PUT', '/v1/tenants/{id}/billing', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/activate', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/suspend', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/restore', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/deactivate', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/members', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/members/{accountId}', 'tenant-service', 'principal'),
  route('PATCH', '/v1/tenants/{id}/members/{accountId}', 'tenant-service', 'principal'),
  route('DELETE', '/v1/tenants/{id}/members/{accountId}', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/credentials', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/members/{accountId}/credentials', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/members/{accountId}/credentials/{credentialId}', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/members/{accountId}/credentials/{credentialId}/verify', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/members/{accountId}/credentials/{credentialId}/reject', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/members/{accountId}/credentials/{credentialId}/withdraw', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/own-credentials', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/own-credentials', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/own-credentials/{credentialId}', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/own-credentials/{credentialId}/withdraw', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/leave', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/transfer-ownership', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/roles', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/roles', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/roles/{roleId}', 'tenant-service', 'principal'),
  route('PATCH', '/v1/tenants/{id}/roles/{roleId}', 'tenant-service', 'principal'),
  route('DELETE', '/v1/tenants/{id}/roles/{roleId}', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/invitations', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/invitations', 'tenant-service', 'principal'),
  route('DELETE', '/v1/tenants/{id}/invitations/{invitationId}', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/exports', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/exports', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/exports/{exportId}', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/exports/{exportId}/archive', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/legal-holds', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/legal-holds', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/legal-holds/{holdId}/release', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/retention', 'tenant-service', 'principal'),
  route('PUT', '/v1/tenants/{id}/retention/{dataClass}', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/retention/preview', 'tenant-service', 'principal'),
  route('GET', '/v1/admin/retention/preview', 'tenant-service', 'principal'),
  route('GET', '/v1/admin/legal-holds', 'tenant-service', 'principal'),
  route('POST', '/v1/admin/legal-holds', 'tenant-service', 'principal'),
  route('POST', '/v1/admin/legal-holds/{holdId}/release', 'tenant-service', 'principal'),
  route('POST', '/v1/invitations/accept', 'tenant-service', 'principal'),
  route('PUT', '/v1/admin/tenants/{id}/tier', 'tenant-service', 'principal'),
  route('GET', '/v1/admin/tenants/{id}/access', 'tenant-service', 'principal'),
  route('POST', '/v1/admin/tenants/{id}/access', 'tenant-service', 'principal'),
  route('GET', '/v1/admin/access/{accessId}', 'tenant-service', 'principal'),
  route('DELETE', '/v1/admin/access/{accessId}', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/operator-access', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/operator-access/{accessId}/approve', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/operator-access/{accessId}/refuse', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/operator-access/{accessId}/end', 'tenant-service', 'principal'),
  // How much is left can be read also when nothing is.
  route('GET', '/v1/tenants/{id}/quotas', 'tenant-service', 'principal', { free: true }),
  route('GET', '/v1/tenants/{id}/quotas/changes', 'tenant-service', 'principal'),
  route('PUT', '/v1/tenants/{id}/quotas/{metric}', 'tenant-service', 'principal'),
  route('POST', '/v1/tenants/{id}/quotas/reset', 'tenant-service', 'principal'),
  route('GET', '/v1/tenants/{id}/usage', 'tenant-service', 'principal', { free: true }),
  route('GET', '/v1/tenants/{id}/analytics', 'tenant-service', 'principal'),
  route('GET', '/v1/admin/analytics', 'tenant-service', 'principal'),
  route('GET', '/v1/usage/me', 'tenant-service', 'principal', { free: true }),
  route('PUT', '/v1/admin/tenants/{id}/members/{accountId}/internal-roles', 'tenant-service', 'principal'),
  route('POST', '/v1/admin/accounts/{accountId}/second-factor/reset', 'tenant-service', 'principal'),
  route('GET', '/v1/api-keys', 'tenant-service', 'principal'),
  route('POST', '/v1/api-keys', 'tenant-service', 'principal'),
  route('POST', '/v1/api-keys/revoke-all', 'tenant-service', 'principal'),
  route('GET', '/v1/api-keys/{id}', 'tenant-service', 'principal'),
  route('PATCH', '/v1/api-keys/{id}', 'tenant-service', 'principal'),
  route('DELETE', '/v1/api-keys/{id}', 'tenant-service', 'principal'),
  route('POST', '/v1/api-keys/{id}/rotate', 'tenant-service', 'principal'),
  route('GET', '/v1/feature-flags', 'tenant-service', 'principal'),
  route('POST', '/v1/feature-flags', 'tenant-service', 'principal'),
  route('GET', '/v1/feature-flags/{key}', 'tenant-service', 'principal'),
  route('PATCH', '/v1/feature-flags/{key}', 'tenant-service', 'principal'),
  route('DELETE', '/v1/feature-flags/{key}', 'tenant-service', 'principal'),
  route('POST', '/v1/feature-flags/{key}/disable', 'tenant-service', 'principal'),
  route('POST', '/v1/feature-flags/{key}/enable', 'tenant-service', 'principal'),
  route('GET', '/v1/feature-flags/{key}/changes', 'tenant-service', 'principal'),
  route('POST', '/ofrep/v1/evaluate/flags', 'tenant-service', 'principal', { dialect: 'ofrep' }),
  route('POST', '/ofrep/v1/evaluate/flags/{key}', 'tenant-service', 'principal', { dialect: 'ofrep' }),
  route('GET', '/v1/audit/entries', 'audit-service', 'principal'),
  route('GET', '/v1/audit/entries/{id}', 'audit-service', 'principal'),
  // Reads the tenant's whole log, so it may take its time.
  route('POST', '/v1/audit/verify', 'audit-service', 'principal', { firstByteTimeoutMs: 60_000 }),
  // A model may think long before its first byte, and prompts carry images and documents.
  route('POST', '/v1/chat/completions', 'ai-gateway', 'principal', {
    firstByteTimeoutMs: 60_000,
    bodyLimitBytes: 10 * MIB,
    dialect: 'openai',
  }),
  route('GET', '/v1/models', 'ai-gateway', 'principal', { dialect: 'openai' }),
  route('GET', '/v1/admin/outbox', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/outbox/events', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/outbox/{source}/events/{id}', 'outbox-relay', 'principal'),
  route('POST', '/v1/admin/outbox/{source}/events/{id}/rearm', 'outbox-relay', 'principal'),
  route('POST', '/v1/admin/outbox/{source}/events/{id}/skip', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/conservation', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/conservation/unbalanced', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/dead-letters', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/dead-letters/groups', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/dead-letters/archive', 'outbox-relay', 'principal'),
  route('POST', '/v1/admin/dead-letters/redrive', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/dead-letters/redrives', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/dead-letters/redrives/{id}', 'outbox-relay', 'principal'),
  route('POST', '/v1/admin/dead-letters/redrives/{id}/stop', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/dead-letters/{id}', 'outbox-relay', 'principal'),
  route('POST', '/v1/admin/dead-letters/{id}/redrive', 'outbox-relay', 'principal'),
  route('POST', '/v1/admin/dead-letters/{id}/discard', 'outbox-relay', 'principal'),
  route('GET', '/v1/admin/jobs', 'scheduler', 'principal'),
  route('GET', '/v1/admin/jobs/{name}/runs', 'scheduler', 'principal'),
  route('GET', '/v1/admin/jobs/{name}/runs/{id}', 'scheduler', 'principal'),
  route('POST', '/v1/admin/jobs/{name}/run', 'scheduler', 'principal'),
];

/** Paths that the gateway answers itself, for `Allow`. */
export const ownPaths: readonly `/${string}`[] = ['/health', '/health/live', '/health/ready', '/metrics', '/v1/openapi.json'];
