import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OpenApiDocument } from '@plinth/http';
import { runningStack } from './stack.js';

describe('GET /v1/openapi.json on a running suite', () => {
  const { gateway, facts } = runningStack();

  it('is what docs/openapi.json says, to whoever asks', async () => {
    const written = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../docs/openapi.json'), 'utf8')) as OpenApiDocument;
    const answer = await gateway.call<OpenApiDocument>('GET', '/v1/openapi.json');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(answer.body).toEqual(written);
    const again = await gateway.call('GET', '/v1/openapi.json', { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('names only routes that exist: each answers something else than 404 and 405 of the gateway', async () => {
    const { body } = await gateway.call<OpenApiDocument>('GET', '/v1/openapi.json');
    for (const [path, operations] of Object.entries(body.paths)) {
      for (const method of Object.keys(operations)) {
        const answer = await gateway.call(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'));
        expect([method, path, (answer.body as { code?: string }).code]).not.toEqual([method, path, expect.stringMatching(/^(route_not_found|method_not_allowed)$/)]);
      }
    }
  });

  it('is asked of each service by the gateway alone', async () => {
    const service = facts.services['tenant-service'];
    expect((await fetch(`${service?.url}/internal/v1/openapi.json`)).status).toBe(401);
    expect((await gateway.call('GET', '/internal/v1/openapi.json')).status).toBe(404);
  });
});
