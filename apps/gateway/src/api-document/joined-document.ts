import { apiVersion, callerSecurity, errorSchemas, problemMediaType, securitySchemes, withErrors, type OpenApiDocument, type OperationObject, type ParameterObject } from '@plinth/http';
import type { GatewayRoute } from '../routing/route-table.js';
import type { UpstreamName } from '../upstreams/upstream-names.js';
import { gatewayErrorsOf } from './gateway-errors.js';
import { SchemaPool } from './schema-pool.js';
import { shareResponses } from './shared-responses.js';

export interface JoinedParts {
  readonly routes: readonly GatewayRoute[];
  /** The gateway's own document, and which of its paths are public. */
  readonly own: OpenApiDocument;
  readonly ownPaths: readonly string[];
  /** Of the services that have told theirs. */
  readonly services: ReadonlyMap<UpstreamName, OpenApiDocument>;
}

const tenantChoice: ParameterObject = {
  name: 'X-Tenant-Id',
  in: 'header',
  required: false,
  description: 'Chooses among the caller’s tenants; a key is bound to its own, an operator has none.',
  schema: { type: 'string', format: 'uuid' },
};

/**
 * The public API as one document: what the route table has, as the services describe it, with what the gateway adds. The
 * table says what exists: a route that its service has not described (yet) stands there with what the table knows of it.
 */
export function joinedDocument({ routes, own, ownPaths, services }: JoinedParts): OpenApiDocument {
  const pool = new SchemaPool();
  const paths: Record<string, Record<string, OperationObject>> = {};
  pool.adopt(refsTo(Object.keys(errorSchemas)), 'gateway', errorSchemas);
  for (const path of ownPaths) {
    const operations = own.paths[path];
    if (operations !== undefined) paths[path] = pool.adopt(operations, 'gateway', own.components?.schemas ?? {});
  }
  for (const route of routes) {
    const document = services.get(route.upstream);
    const method = route.method.toLowerCase();
    const described = document?.paths[route.path]?.[method];
    const operation = described === undefined ? undescribed(route) : pool.adopt(described, route.upstream, document?.components?.schemas ?? {});
    paths[route.path] = { ...paths[route.path], [method]: throughGateway(operation, route) };
  }
  const shared = shareResponses(withUniqueIds(paths));
  return {
    openapi: '3.1.0',
    info: { title: 'Plinth', version: apiVersion, description: 'What each error code means and what to do about it: docs/errors.md.' },
    servers: [{ url: '/' }],
    paths: shared.paths,
    components: { schemas: pool.all(), responses: shared.responses, securitySchemes },
  };
}

/** What the table and the services' documents do not agree about, in words. */
export function disagreements({ routes, ownPaths, services }: Pick<JoinedParts, 'routes' | 'ownPaths' | 'services'>): string[] {
  const faults: string[] = [];
  for (const { method, path, upstream } of routes) {
    if (services.get(upstream)?.paths[path]?.[method.toLowerCase()] === undefined) faults.push(`${method} ${path}: ${upstream} does not describe it (@Operation)`);
  }
  for (const [name, { paths }] of services) {
    for (const [path, operations] of Object.entries(paths)) {
      if (ownPaths.includes(path)) continue;
      for (const method of Object.keys(operations)) {
        const known = routes.some((route) => route.upstream === name && route.path === path && route.method.toLowerCase() === method);
        if (!known) faults.push(`${method.toUpperCase()} ${path}: ${name} describes it, and the gateway's table does not have it`);
      }
    }
  }
  return faults;
}

function throughGateway(operation: OperationObject, route: GatewayRoute): OperationObject {
  const { access, dialect = 'problem', bodyLimitBytes } = route;
  const open = typeof access === 'object';
  const method = route.method.toLowerCase();
  const parameters = [...(operation.parameters ?? []), ...(open ? [] : [tenantChoice])];
  return {
    ...operation,
    // Closed by the table, whatever a service says.
    security: open ? [] : (operation.security?.length ?? 0) > 0 ? operation.security : callerSecurity(method, 'caller'),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.method === 'GET' ? {} : { 'x-plinth-body-limit-bytes': bodyLimitBytes }),
    responses: withErrors(operation.responses, gatewayErrorsOf(route), dialect),
  };
}

function undescribed({ method, path, upstream }: GatewayRoute): OperationObject {
  const words = path.split('/').filter((part) => part !== '').map((part) => part.replace(/\W/g, ''));
  return {
    operationId: [method.toLowerCase(), ...words].join('_'),
    summary: `Not described by ${upstream} at the moment`,
    tags: [upstream],
    parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    responses: { default: { description: 'The answer of the service.', content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } } } },
    'x-plinth-undescribed': true,
  };
}

/** Operation ids are unique in a document; of two services with one, the second is prefixed. */
function withUniqueIds(paths: Record<string, Record<string, OperationObject>>): OpenApiDocument['paths'] {
  const ids = new Set<string>();
  const entries = Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([path, operations]) => [
      path,
      Object.fromEntries(
        Object.entries(operations).map(([method, operation]) => {
          const operationId = ids.has(operation.operationId) ? `${operation.tags?.[0]?.replace(/\W/g, '') ?? method}_${operation.operationId}` : operation.operationId;
          ids.add(operationId);
          return [method, { ...operation, operationId }];
        }),
      ),
    ]),
  );
}

function refsTo(names: readonly string[]) {
  return names.map((name) => ({ $ref: `#/components/schemas/${name}` }));
}
