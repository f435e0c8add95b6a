import type { ServiceName } from '@plinth/contracts';

/** The services that the gateway forwards to. */
export type UpstreamName = Extract<ServiceName, 'tenant-service' | 'audit-service'>;

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who may call: anyone, for the reason in words, or a principal with a valid credential. */
export type RouteAccess = { readonly open: string } | 'principal';

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
}

const MIB = 1_048_576;

function route(
  method: RouteMethod,
  path: GatewayRoute['path'],
  upstream: UpstreamName,
  access: RouteAccess,
  limits: Partial<Pick<GatewayRoute, 'bodyLimitBytes' | 'firstByteTimeoutMs'>> = {},
): GatewayRoute {
  return { method, path, upstream, access, bodyLimitBytes: MIB, firstByteTimeoutMs: 15_000, ...limits };
}

/**
 * Every route that the gateway forwards; what is not here does not exist from outside. What a
 * principal may do with a route is the service's to decide, by the capability that it declares.
 */
export const routeTable: readonly GatewayRoute[] = [
  route('POST', '/v1/auth/register', 'tenant-service', { open: 'sign-up comes before there is an account' }),
  route('POST', '/v1/auth/login', 'tenant-service', { open: 'login is how a caller gets its credential' }),
  route('GET', '/v1/policies', 'tenant-service', { open: 'sign-up must show what it asks consent to' }),
  route('GET', '/.well-known/jwks.json', 'tenant-service', { open: 'public keys, for anyone who verifies an access token' }),
  route('GET', '/v1/tenants/{id}', 'tenant-service', 'principal'),
  route('PATCH', '/v1/tenants/{id}', 'tenant-service', 'principal'),
  route('GET', '/v1/audit/entries', 'audit-service', 'principal'),
  route('GET', '/v1/audit/entries/{id}', 'audit-service', 'principal'),
  // Reads the tenant's whole log, so it may take its time.
  route('POST', '/v1/audit/verify', 'audit-service', 'principal', { firstByteTimeoutMs: 60_000 }),
];

/** Paths that the gateway answers itself, for `Allow`. */
export const ownPaths: readonly `/${string}`[] = ['/health', '/health/live', '/health/ready'];
