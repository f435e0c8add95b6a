import type { OpenApiDocument, OperationObject } from '@plinth/http';
import { codesOf } from '@plinth/http';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { GatewayRoute } from '../routing/route-table.js';
import type { UpstreamName } from '../upstreams/upstream-names.js';
import { disagreements, joinedDocument } from './joined-document.js';

const limits = { bodyLimitBytes: 2_000, firstByteTimeoutMs: 1_000 };
const routes: readonly GatewayRoute[] = [
  { method: 'GET', path: '/v1/things/{id}', upstream: 'tenant-service', access: 'principal', ...limits },
  { method: 'POST', path: '/v1/things', upstream: 'tenant-service', access: { open: 'for a test' }, ...limits },
  { method: 'GET', path: '/v1/words', upstream: 'ai-gateway', access: 'principal', dialect: 'openai', ...limits },
  { method: 'GET', path: '/v1/rows', upstream: 'scheduler', access: 'principal', ...limits },
];

const answered = (schema: string) => ({ 200: { description: 'OK', content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } } } });
const operation = (operationId: string, more: Partial<OperationObject> = {}): OperationObject => ({ operationId, summary: operationId, responses: answered('Thing'), ...more });
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } } as const;
const documentOf = (paths: OpenApiDocument['paths'], schemas: Record<string, Record<string, unknown>>): OpenApiDocument => ({ openapi: '3.1.0', info: { title: 'x', version: '1' }, paths, components: { schemas } });

const things = documentOf(
  {
    '/v1/things/{id}': { get: operation('getThing', { parameters: [id], security: [], 'x-plinth-capability': 'thing.read' }) },
    '/v1/things': { post: operation('createThing') },
    '/health': { get: operation('getHealth') },
  },
  { Thing: { type: 'object', properties: { parts: { type: 'array', items: { $ref: '#/components/schemas/Thing' } } } }, Unused: { type: 'string' } },
);
const words = documentOf({ '/v1/words': { get: operation('getThing') } }, { Thing: { type: 'string' } });
const own = documentOf({ '/v1/openapi.json': { get: operation('getApiDocument', { responses: { 200: { description: 'OK' } } }) }, '/metrics': { get: operation('getMetrics') } }, {});

const services = new Map<UpstreamName, OpenApiDocument>([
  ['tenant-service', things],
  ['ai-gateway', words],
]);
const joined = joinedDocument({ routes, own, ownPaths: ['/v1/openapi.json', '/health'], services });
const joinedOperation = (path: string, method = 'get') => joined.paths[path]?.[method] as OperationObject;
const codes = (path: string, status: string, method = 'get') => {
  const response = joinedOperation(path, method).responses[status] as { $ref?: string } | undefined;
  const shared = joined.components?.responses?.[response?.$ref?.split('/').at(-1) ?? ''];
  return codesOf((shared ?? response) as Parameters<typeof codesOf>[0]);
};

describe('the joined document', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(await new Validator().validate(JSON.parse(JSON.stringify(joined)) as Record<string, unknown>)).toMatchObject({ valid: true });
  });

  it('has what the table has and what the gateway answers itself, and nothing else that services describe', () => {
    expect(Object.keys(joined.paths)).toEqual(['/v1/openapi.json', '/v1/rows', '/v1/things', '/v1/things/{id}', '/v1/words']);
  });

  it('says who may call by the table, whatever the service says', () => {
    expect(joinedOperation('/v1/things/{id}').security).toEqual([{ bearer: [] }, { apiKey: [] }, { sessionCookie: [] }]);
    expect(joinedOperation('/v1/things/{id}').parameters?.map(({ name }) => name)).toEqual(['id', 'X-Tenant-Id']);
    expect(joinedOperation('/v1/things', 'post').security).toEqual([]);
    expect(joinedOperation('/v1/things/{id}')['x-plinth-capability']).toBe('thing.read');
  });

  it('adds the failures of the gateway', () => {
    expect(codes('/v1/things/{id}', '401')).toEqual(expect.arrayContaining(['token_expired', 'api_key_invalid', 'session_revoked']));
    expect(codes('/v1/things/{id}', '403')).toContain('tenant_suspended');
    expect(codes('/v1/things', '413', 'post')).toEqual(['body_too_large']);
    expect(joinedOperation('/v1/things', 'post')['x-plinth-body-limit-bytes']).toBe(2_000);
    expect(joinedOperation('/v1/things', 'post').responses).not.toHaveProperty('401');
    expect(codes('/v1/words', '504')).toEqual(['upstream_timeout']);
  });

  it('keeps apart what two services call by one name', () => {
    expect(joined.components?.schemas).toMatchObject({ Thing: { type: 'object' }, 'ai-gateway.Thing': { type: 'string' } });
    expect(joinedOperation('/v1/words').responses['200']?.content).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/ai-gateway.Thing' } } });
    expect(new Set(['/v1/things/{id}', '/v1/words'].map((path) => joinedOperation(path).operationId)).size).toBe(2);
    expect(joined.components?.schemas).not.toHaveProperty('Unused');
  });

  it('shows a route that its service does not describe with what the table knows', () => {
    expect(joinedOperation('/v1/rows')).toMatchObject({ operationId: 'get_v1_rows', 'x-plinth-undescribed': true, security: [{ bearer: [] }, { apiKey: [] }, { sessionCookie: [] }] });
    expect(joinedOperation('/v1/rows').responses).toHaveProperty('default');
  });

  it('lists a failure that several routes have once', () => {
    expect(joinedOperation('/v1/things/{id}').responses['504']).toEqual(joinedOperation('/v1/rows').responses['504']);
    expect(joinedOperation('/v1/rows').responses['504']).toEqual({ $ref: '#/components/responses/GatewayTimeout' });
  });
});

describe('disagreements', () => {
  const ownPaths = ['/health'];

  it('are a route that nobody describes, and a described one that the table does not have', () => {
    const other = documentOf({ '/v1/other': { get: operation('getOther') } }, {});
    expect(disagreements({ routes, ownPaths, services: new Map([...services, ['scheduler', other]]) })).toEqual([
      'GET /v1/rows: scheduler does not describe it (@Operation)',
      "GET /v1/other: scheduler describes it, and the gateway's table does not have it",
    ]);
  });

  it('are also another method and another path', () => {
    const almost = documentOf({ '/v1/rows': { post: operation('getRows') }, '/v1/words/': { get: operation('getWords') } }, {});
    expect(disagreements({ routes: routes.slice(3), ownPaths, services: new Map([['scheduler', almost]]) })).toHaveLength(3);
  });

  it('are none where both say the same', () => {
    expect(disagreements({ routes: routes.slice(0, 3), ownPaths, services })).toEqual([]);
  });
});
