import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from '../gateway-routes.js';

/** Who is let in on a route (tools/generators, `RouteAccess`). */
export interface RouteAccess {
  readonly roles: readonly string[];
  readonly keyScope: string | null;
}

/** `GET /v1/tenants/{id}` to who is let in: as data, made of the API document, which is what a running suite answers. */
export function accessMatrix(): ReadonlyMap<string, RouteAccess> {
  return new Map(Object.entries(JSON.parse(readFileSync(join(repoRoot, 'docs/access-matrix.json'), 'utf8')) as Record<string, RouteAccess>));
}

/** Who calls, as far as it decides. */
export interface CallerFacts {
  readonly kind: 'anonymous' | 'user' | 'api_key' | 'operator';
  readonly roles: readonly string[];
  /** Of a key: what it is limited to; `*` is all that the roles grant. */
  readonly scopes?: readonly string[];
}

export function isOpen({ roles }: RouteAccess): boolean {
  return roles.includes('anonymous');
}

/** How the caller must be refused; null where it is let in. */
export function expectedRefusal(access: RouteAccess, { kind, roles, scopes = [] }: CallerFacts): 401 | 403 | null {
  if (isOpen(access)) return null;
  if (kind === 'anonymous') return 401;
  if (kind === 'api_key' && !isInScope(access.keyScope, scopes)) return 403;
  return roles.some((role) => access.roles.includes(role)) ? null : 403;
}

function isInScope(needed: string | null, scopes: readonly string[]): boolean {
  return needed !== null && (needed === 'any' || scopes.includes('*') || scopes.includes(needed));
}
