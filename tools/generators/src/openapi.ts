import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** An OpenAPI document, which this tool writes and does not look into. */
export type OpenApiDocument = object;

/** What the builds of libs/http and apps/gateway offer; loaded at run time, for a tool depends on no app. */
interface HttpLibrary {
  readonly apiDocument: (options: { readonly title: string; readonly controllers: readonly unknown[]; readonly common: readonly unknown[] }) => OpenApiDocument;
}
interface DatabaseLibrary {
  readonly databaseErrors: Readonly<Record<string, unknown>>;
}
interface RouteTable {
  readonly routeTable: readonly { readonly upstream: string }[];
  readonly ownPaths: readonly string[];
}
interface Parts {
  readonly routes: RouteTable['routeTable'];
  readonly ownPaths: readonly string[];
  readonly own: OpenApiDocument;
  readonly services: ReadonlyMap<string, OpenApiDocument>;
}
interface Joining {
  readonly joinedDocument: (parts: Parts) => OpenApiDocument;
  readonly disagreements: (parts: Parts) => string[];
}

/**
 * The public API document as the gateway serves it, made of the builds: every `x.controller.js` of the libraries and of each
 * app, joined by the gateway's own code. That it is what a running suite answers, an end-to-end test holds.
 */
export async function publicApi(root: string): Promise<{ readonly document: OpenApiDocument; readonly faults: readonly string[] }> {
  const http = await load<HttpLibrary>(root, 'libs/http/dist/index.js');
  const { databaseErrors } = await load<DatabaseLibrary>(root, 'libs/database/dist/index.js');
  const { routeTable: routes, ownPaths } = await load<RouteTable>(root, 'apps/gateway/dist/routing/route-table.js');
  const joining = await load<Joining>(root, 'apps/gateway/dist/api-document/joined-document.js');
  const shared = await controllersBelow(root, 'libs');
  const describe = async (app: string, common: readonly unknown[]) =>
    http.apiDocument({ title: app, controllers: [...shared, ...(await controllersBelow(root, join('apps', app)))], common });
  const names = [...new Set(routes.map(({ upstream }) => upstream))];
  const services = new Map(await Promise.all(names.map(async (name) => [name, await describe(name, Object.values(databaseErrors))] as const)));
  const parts: Parts = { routes, ownPaths, own: await describe('gateway', []), services };
  return { document: joining.joinedDocument(parts), faults: joining.disagreements(parts) };
}

async function load<T>(root: string, path: string): Promise<T> {
  return (await import(pathToFileURL(join(root, path)).href)) as T;
}

/** The classes that Nest's `@Controller` has marked, in the built `x.controller.js` files below a folder. */
async function controllersBelow(root: string, folder: string): Promise<unknown[]> {
  const projects = folder === 'libs' ? readdirSync(join(root, folder)).map((name) => join(folder, name)) : [folder];
  const files = projects
    .map((project) => join(root, project, 'dist'))
    .filter((dist) => existsSync(dist))
    .flatMap((dist) => readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.controller.js')).sort().map((file) => join(dist, file)));
  const modules = (await Promise.all(files.map((file) => import(pathToFileURL(file).href)))) as Record<string, unknown>[];
  return modules.flatMap((module) => Object.values(module)).filter((value) => typeof value === 'function' && isController(value));
}

function isController(value: object): boolean {
  return (Reflect as unknown as { hasMetadata: (key: string, target: object) => boolean }).hasMetadata('path', value);
}
