import type { CataloguedError } from '@plinth/kernel';
import type { OpenApiDocument, Operation } from './document-types.js';
import { NamedSchemas } from './named-schemas.js';
import { documentedRoutes, type ControllerClass } from './operation.js';
import { errorSchemas } from './problem-responses.js';
import { securitySchemes } from './security.js';

/** What a service's document is made of. */
export interface ApiDocumentOptions {
  readonly title: string;
  readonly controllers: readonly ControllerClass[];
  /** What every route of the service can answer besides what its decorators say, e.g. that the database is away. */
  readonly common: readonly CataloguedError[];
}

/** The version of the interface, which the paths begin with. */
export const apiVersion = '1';

/**
 * The OpenAPI 3.1 document of a service: every route with an `@Operation`, by what its decorators, DTOs and pipes say. The
 * code is the only source, so the document changes with it.
 *
 * @throws Error where two routes have one path and method or one operation id, and where one does not say what it answers
 */
export function apiDocument({ title, controllers, common }: ApiDocumentOptions): OpenApiDocument {
  const schemas = new NamedSchemas();
  const paths: Record<string, Record<string, Operation>> = {};
  const ids = new Set<string>();
  const routes = controllers.flatMap((controller) => documentedRoutes(controller, common, schemas));
  for (const { method, path, operation } of routes.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    if (paths[path]?.[method] !== undefined) throw new Error(`two routes for ${method} ${path}`);
    if (ids.has(operation.operationId)) throw new Error(`two routes are called ${operation.operationId}`);
    ids.add(operation.operationId);
    paths[path] = { ...paths[path], [method]: operation };
  }
  for (const [name, schema] of Object.entries(errorSchemas)) schemas.add(name, schema);
  return { openapi: '3.1.0', info: { title, version: apiVersion }, paths, components: { schemas: schemas.all(), securitySchemes } };
}
