import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { eventually } from '@plinth/testing';
import { tenantA, tenantB, TestGateway, user } from './testing.js';

describe('the gateway forwards', () => {
  it('a signed-in caller with an identity that the service can verify', async () => {
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    const path = `/v1/tenants/${tenantA}?expand=a%20b`;
    const headers = { ...gateway.bearer, 'user-agent': 'Prüfer/1.0'.replace('ü', 'Ã¼'), 'x-request-id': 'my-request-0001' };
    const answer = await gateway.send('GET', path, headers);
    expect(answer).toMatchObject({ status: 200, headers: { 'x-request-id': 'my-request-0001' }, text: JSON.stringify({ url: path }) });
    expect(await gateway.identityOf(gateway.tenants.last)).toEqual({
      principal: { type: 'user', id: user.userId, tenantId: tenantA, roles: ['owner'], sessionId: user.sessionId },
      caller: 'gateway',
      requestId: 'my-request-0001',
      clientIp: '127.0.0.1',
      userAgent: 'Prüfer/1.0',
    });
    expect(gateway.tenants.last.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('to the service of the route, with an identity for that service alone', async () => {
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    await gateway.send('POST', '/v1/audit/verify', { ...gateway.bearer, 'content-type': 'application/json' }, '{}');
    expect(gateway.tenants.received).toHaveLength(0);
    expect(await gateway.identityOf(gateway.audit.last, 'audit-service')).toMatchObject({ principal: { id: user.userId } });
    await expect(gateway.identityOf(gateway.audit.last, 'tenant-service')).rejects.toMatchObject({ code: 'identity_invalid' });
  });

  it('an open route as anonymous, also with a token that is no good', async () => {
    await using gateway = await TestGateway.start();
    const body = JSON.stringify({ email: 'a@example.test', password: 'x' });
    gateway.tenants.answer = (request, response) => void request.pipe(response.writeHead(201, { location: '/v1/x' }));
    const answer = await gateway.send('POST', '/v1/auth/login', { authorization: 'Bearer old', 'content-type': 'application/json' }, body);
    expect(answer).toMatchObject({ status: 201, text: body, headers: { location: '/v1/x' } });
    expect(await gateway.identityOf(gateway.tenants.last)).toMatchObject({ principal: { type: 'anonymous', id: null, tenantId: null, roles: [] } });
  });

  it('the tenant that the caller names among its own', async () => {
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    await gateway.send('GET', '/v1/audit/entries', { ...gateway.bearer, 'x-tenant-id': tenantB.toUpperCase() });
    expect(await gateway.identityOf(gateway.audit.last, 'audit-service')).toMatchObject({ principal: { tenantId: tenantB, roles: ['viewer'] } });
    const foreign = await gateway.send('GET', '/v1/audit/entries', { ...gateway.bearer, 'x-tenant-id': randomUUID() });
    expect(foreign).toMatchObject({ status: 403, problem: { code: 'tenant_forbidden' } });
    for (const malformed of ['1', `${tenantA}, ${tenantB}`, "' OR 1=1"]) {
      const answer = await gateway.send('GET', '/v1/audit/entries', { ...gateway.bearer, 'x-tenant-id': malformed });
      expect(answer).toMatchObject({ status: 400, problem: { code: 'tenant_id_malformed' } });
    }
    expect(gateway.audit.received).toHaveLength(1);
  });

  it('nothing of the identity that a client forges, and none of its credentials', async () => {
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    const forged = {
      'x-plinth-identity': 'forged',
      'x-plinth-signature': 't=1;v1=x',
      'x-plinth-client-ip': '6.6.6.6',
      'x-plinth-user-agent': 'Zm9yZ2Vk',
      'x-plinth-tenant': tenantB,
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'attacker.example',
      forwarded: 'for=6.6.6.6',
      connection: 'keep-alive, x-plinth-identity',
      cookie: 'session=1',
    };
    await gateway.send('GET', '/v1/audit/entries', { ...gateway.bearer, ...forged });
    const { headers } = gateway.audit.last;
    expect(await gateway.identityOf(gateway.audit.last, 'audit-service')).toMatchObject({ clientIp: '127.0.0.1', principal: { tenantId: tenantA } });
    for (const name of ['x-plinth-tenant', 'x-forwarded-for', 'x-forwarded-host', 'forwarded', 'cookie', 'x-api-key', 'authorization', 'x-tenant-id']) {
      expect(headers[name]).toBeUndefined();
    }
  });

  it('the client address that a trusted proxy tells', async () => {
    await using gateway = await TestGateway.start({ trustedProxies: ['127.0.0.0/8'] });
    await gateway.send('GET', '/v1/policies', { 'x-forwarded-for': '6.6.6.6, 198.51.100.1, 127.0.0.9' });
    expect(await gateway.identityOf(gateway.tenants.last)).toMatchObject({ clientIp: '198.51.100.1' });
  });

  it('a service’s problem documents, with security headers and nothing internal', async () => {
    await using gateway = await TestGateway.start();
    const document = JSON.stringify({ type: 'urn:plinth:problem:x', status: 422, code: 'validation_failed' });
    gateway.tenants.answer = (_, response) => {
      const internal = { 'x-plinth-debug': 'secret', server: 'x', 'x-powered-by': 'y', 'x-frame-options': 'ALLOWALL' };
      response.writeHead(422, { 'content-type': 'application/problem+json', ...internal }).end(document);
    };
    const answer = await gateway.send('POST', '/v1/auth/register');
    expect(answer).toMatchObject({ status: 422, text: document });
    expect(answer.headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'strict-transport-security': expect.stringContaining('max-age='),
    });
    expect(answer.headers['x-plinth-debug']).toBeUndefined();
    expect(answer.headers.server).toBeUndefined();
  });

  it('HEAD as HEAD, and each chunk of an answer before the next exists', async () => {
    await using gateway = await TestGateway.start();
    expect(await gateway.send('HEAD', '/v1/policies')).toMatchObject({ status: 200, text: '' });
    expect(gateway.tenants.last.method).toBe('HEAD');
    let next: (chunk: string) => void = () => undefined;
    gateway.tenants.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      next = (chunk) => response.write(chunk);
    };
    const request = gateway.open('GET', '/v1/policies');
    request.on('error', () => undefined);
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    for (const chunk of ['data: 1\n\n', 'data: 2\n\n']) {
      next(chunk);
      expect(String((await once(response, 'data'))[0])).toBe(chunk);
    }
    request.destroy();
  });

  it('a broken connection where the service breaks off in the middle of its answer', async () => {
    await using gateway = await TestGateway.start();
    gateway.tenants.answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
    };
    await expect(gateway.send('POST', '/v1/auth/login')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('the end of a client that leaves', async () => {
    await using gateway = await TestGateway.start();
    let aborted = false;
    gateway.tenants.answer = (request) => request.socket.on('close', () => (aborted = true));
    const request = gateway.open('GET', '/v1/policies');
    request.on('error', () => undefined);
    request.end();
    await eventually(() => expect(gateway.tenants.received).toHaveLength(1));
    request.destroy();
    await eventually(() => expect(aborted).toBe(true));
  });
});
