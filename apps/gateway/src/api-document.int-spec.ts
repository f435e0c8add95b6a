import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenApiDocument } from '@plinth/http';
import { eventually } from '@plinth/testing';
import { TestGateway } from './testing.js';

const policies: OpenApiDocument = {
  openapi: '3.1.0',
  info: { title: 'tenant-service', version: '1' },
  paths: { '/v1/policies': { get: { operationId: 'listPolicies', summary: 'The policies', responses: { 200: { description: 'OK' } } } } },
};

/** A gateway before a tenant-service that describes its routes as the test says, and an audit-service that describes nothing. */
async function setup(answer: (response: ServerResponse) => void) {
  const gateway = await TestGateway.start();
  const asked: IncomingMessage[] = [];
  gateway.tenants.describe = (request, response) => {
    asked.push(request);
    answer(response);
  };
  return { gateway, asked, read: async () => await gateway.send('GET', '/v1/openapi.json') };
}

const tell = (document: unknown) => (response: ServerResponse) => void response.setHeader('content-type', 'application/json').end(JSON.stringify(document));

describe('GET /v1/openapi.json', () => {
  it('joins what the services say of their routes, to whoever asks', async () => {
    const { gateway, read } = await setup(tell(policies));
    await using _ = gateway;
    const answer = await read();
    const document = JSON.parse(answer.text) as OpenApiDocument;
    expect([answer.status, answer.headers['content-type'], document.openapi]).toEqual([200, 'application/json; charset=utf-8', '3.1.0']);
    expect(document.paths['/v1/policies']?.['get']).toMatchObject({ operationId: 'listPolicies', security: [] });
    expect(document.paths['/health/ready']?.['get']).toMatchObject({ operationId: 'getReadiness' });
    expect(document.paths).not.toHaveProperty('/metrics');
  });

  it('asks as the gateway itself, and not for each reader', async () => {
    const { gateway, asked, read } = await setup(tell(policies));
    await using _ = gateway;
    await Promise.all([read(), read(), read()]);
    await read();
    expect(asked).toHaveLength(1);
    expect((await gateway.identityOf(asked[0] as IncomingMessage)).principal).toMatchObject({ type: 'service', id: 'gateway' });
  });

  it('answers 304 to who has it already', async () => {
    const { gateway, read } = await setup(tell(policies));
    await using _ = gateway;
    const { headers } = await read();
    const again = await gateway.send('GET', '/v1/openapi.json', { 'if-none-match': headers['etag'] ?? '' });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it.each([
    ['answers nothing', (response: ServerResponse) => void response.destroy()],
    ['answers no document', tell({ openapi: '2.0' })],
    ['answers an error', (response: ServerResponse) => void response.writeHead(500).end()],
  ])('shows the routes of a service that %s as the table has them, until it does', async (_, answer) => {
    let current: (response: ServerResponse) => void = answer;
    const { gateway, read } = await setup((response) => current(response));
    await using __ = gateway;
    const first = JSON.parse((await read()).text) as OpenApiDocument;
    expect(first.paths['/v1/policies']?.['get']).toMatchObject({ 'x-plinth-undescribed': true });
    current = tell(policies);
    await eventually(async () => {
      const next = JSON.parse((await read()).text) as OpenApiDocument;
      expect(next.paths['/v1/policies']?.['get']).toMatchObject({ operationId: 'listPolicies' });
    });
  });

  it('allows reading alone', async () => {
    const { gateway } = await setup(tell(policies));
    await using _ = gateway;
    const answer = await gateway.send('POST', '/v1/openapi.json');
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});
