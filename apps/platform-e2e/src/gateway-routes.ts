import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A route of the gateway's table, as far as tests need it. */
export interface PublicRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{name}` stands for one segment. */
  readonly path: string;
  readonly upstream: string;
  readonly access: { readonly open: string } | 'principal' | 'leaving';
  readonly bodyLimitBytes: number;
}

export const repoRoot = resolve(import.meta.dirname, '../../..');

/** The table out of the gateway's build, so that a route that is added is tested without anybody's remembering. */
export async function gatewayRoutes(): Promise<readonly PublicRoute[]> {
  const file = join(repoRoot, 'apps/gateway/dist/routing/route-table.js');
  const { routeTable } = (await import(pathToFileURL(file).href)) as { routeTable: readonly PublicRoute[] };
  if (routeTable.length < 20) throw new Error(`${file} has only ${routeTable.length} routes`);
  return routeTable;
}

/** The path with a value in the place of each parameter. */
export function pathOf(route: Pick<PublicRoute, 'path'>, valueOf: (parameter: string) => string): string {
  return route.path.replace(/\{(\w+)\}/g, (_, parameter: string) => valueOf(parameter));
}
