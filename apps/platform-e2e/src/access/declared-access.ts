import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RequestMethod } from '@nestjs/common';
import { capabilities, isPlatformCapability, type Capability } from '@plinth/contracts';
import { repoRoot } from '../gateway-routes.js';

/** What a service's route declares at its handler (libs/auth, `AccessRule`). */
export type DeclaredAccess = { readonly kind: 'capability'; readonly capability: Capability; readonly operatorCapability?: Capability } | { readonly kind: 'public' | 'signed_in' | 'services'; readonly capability?: never };

/** Of the decorators of libs/auth and Nest, as they are kept at handlers and classes. */
const accessKey = 'plinth:access';
type Handler = (...args: never) => unknown;

/** `PATCH /v1/tenants/{id}` to what its handler declares, of all controllers in the services' builds. */
export async function declaredAccess(): Promise<ReadonlyMap<string, DeclaredAccess>> {
  const declared = new Map<string, DeclaredAccess>();
  for (const file of globSync('apps/*/dist/**/*.controller.js', { cwd: repoRoot })) {
    const module = (await import(pathToFileURL(join(repoRoot, file)).href)) as Record<string, { prototype: Record<string, Handler> }>;
    for (const controller of Object.values(module)) {
      const base = Reflect.getMetadata('path', controller) as string | undefined;
      if (base === undefined) continue;
      for (const name of Object.getOwnPropertyNames(controller.prototype)) {
        const handler = controller.prototype[name] as Handler;
        const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
        const rule = (Reflect.getMetadata(accessKey, handler) ?? Reflect.getMetadata(accessKey, controller)) as DeclaredAccess | undefined;
        if (method === undefined || rule === undefined) continue;
        const path = `/${base}/${String(Reflect.getMetadata('path', handler))}`.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '').replace(/:(\w+)/g, '{$1}');
        declared.set(`${RequestMethod[method]} ${path}`, rule);
      }
    }
  }
  return declared;
}

/** Who calls, as far as it decides. */
export interface CallerFacts {
  readonly kind: 'anonymous' | 'user' | 'api_key' | 'operator';
  readonly roles: readonly string[];
  /** Of a key: what it is limited to; `*` is all that the roles grant. */
  readonly scopes?: readonly string[];
}

/** How the caller must be refused, worked out from declaration and catalogue anew, for the guards' own code is what is tested; null where it is let in. */
export function expectedRefusal(access: DeclaredAccess, caller: CallerFacts): 401 | 403 | null {
  if (access.kind === 'public') return null;
  if (caller.kind === 'anonymous') return 401;
  // Signing in is what users and operators do; a key is revoked instead.
  if (access.kind === 'signed_in') return caller.kind === 'api_key' ? 403 : null;
  if (access.kind !== 'capability') return 403;
  const capability = (caller.kind === 'operator' ? access.operatorCapability : undefined) ?? access.capability;
  if (isPlatformCapability(capability) !== (caller.kind === 'operator')) return 403;
  const granted = capabilities[capability].grants.some(({ role }) => caller.roles.includes(role));
  const inScope = caller.scopes === undefined || caller.scopes.includes('*') || caller.scopes.includes(capability);
  return granted && inScope ? null : 403;
}
