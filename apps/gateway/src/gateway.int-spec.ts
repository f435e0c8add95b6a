import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage, type Server } from 'node:http';
import { createHmac, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessTokenIssuer, InternalIdentityVerifier, KeyRing } from '@plinth/auth';
import type { ServiceName } from '@plinth/contracts';
import { eventually } from '@plinth/testing';
import { JwksFollower } from './callers/jwks-follower.js';
import type { GatewayConfig } from './config.js';
import { createApp } from './create-app.js';
import { FakeService, issuer, quietLogger, randomSeed, sendRaw, testConfig } from './testing.js';

const MIB = 1_048_576;
const tenantA = randomUUID();
const tenantB = randomUUID();
const user = { userId: randomUUID(), sessionId: randomUUID() };
const memberships = [
  { tenantId: tenantA, roles: ['owner'] },
  { tenantId: tenantB, roles: ['viewer'] },
];

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly problem: { code?: string; status?: number; requestId?: string; instance?: string };
}

async function readAnswer(request: ClientRequest): Promise<Answer> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const isProblem = response.headers['content-type']?.startsWith('application/problem+json') === true;
  return { status: response.statusCode ?? 0, headers: response.headers, text, problem: isProblem ? (JSON.parse(text) as Answer['problem']) : {} };
}

async function setup(over: Partial<GatewayConfig> = {}) {
  const tokenKeys = KeyRing.of([randomSeed()]);
  const tenants = await FakeService.listen(tokenKeys);
  const audit = await FakeService.listen(tokenKeys);
  const config = testConfig({ tenantServiceUrl: tenants.url, auditServiceUrl: audit.url, ...over });
  const app: NestFastifyApplication = await createApp(config, quietLogger);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const verifier = (service: ServiceName) =>
    new InternalIdentityVerifier({ service, keys: KeyRing.of(config.internalKeys), secrets: config.internalHmacSecrets });
  const { token } = await new AccessTokenIssuer({ keys: tokenKeys, issuer }).issue({ ...user, memberships });
  const open = (method: string, path: string, headers: Record<string, string | string[]> = {}) =>
    httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false });
  const send = async (method: string, path: string, headers: Record<string, string | string[]> = {}, body?: string | Buffer) => {
    const request = open(method, path, headers);
    request.on('error', () => undefined);
    request.end(body);
    return readAnswer(request);
  };
  return {
    app,
    port,
    tenants,
    audit,
    tokenKeys,
    token,
    open,
    send,
    bearer: { authorization: `Bearer ${token}` },
    /** What the service learns of the caller, verified as a service does. */
    identityOf: ({ method = '', url = '', headers }: IncomingMessage, service: ServiceName = 'tenant-service') =>
      verifier(service).verify({ method, path: url, headers }),
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await Promise.all([tenants.stop(), audit.stop()]);
    },
  };
}

/** Tokens can be verified once the keys have been fetched. */
async function ready({ app }: Awaited<ReturnType<typeof setup>>): Promise<void> {
  await eventually(() => expect(app.get(JwksFollower).loaded).toBe(true));
}

describe('the gateway forwards', () => {
  it('a signed-in caller with an identity that the service can verify', async () => {
    await using gateway = await setup();
    await ready(gateway);
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
    await using gateway = await setup();
    await ready(gateway);
    await gateway.send('POST', '/v1/audit/verify', { ...gateway.bearer, 'content-type': 'application/json' }, '{}');
    expect(gateway.tenants.received).toHaveLength(0);
    expect(await gateway.identityOf(gateway.audit.last, 'audit-service')).toMatchObject({ principal: { id: user.userId } });
    await expect(gateway.identityOf(gateway.audit.last, 'tenant-service')).rejects.toMatchObject({ code: 'identity_invalid' });
  });

  it('an open route as anonymous, also with a token that is no good', async () => {
    await using gateway = await setup();
    const body = JSON.stringify({ email: 'a@example.test', password: 'x' });
    gateway.tenants.answer = (request, response) => void request.pipe(response.writeHead(201, { location: '/v1/x' }));
    const answer = await gateway.send('POST', '/v1/auth/login', { authorization: 'Bearer old', 'content-type': 'application/json' }, body);
    expect(answer).toMatchObject({ status: 201, text: body, headers: { location: '/v1/x' } });
    expect(await gateway.identityOf(gateway.tenants.last)).toMatchObject({ principal: { type: 'anonymous', id: null, tenantId: null, roles: [] } });
  });

  it('the tenant that the caller names among its own', async () => {
    await using gateway = await setup();
    await ready(gateway);
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
    await using gateway = await setup();
    await ready(gateway);
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
      'x-api-key': 'plk_x',
    };
    await gateway.send('GET', '/v1/audit/entries', { ...gateway.bearer, ...forged });
    const { headers } = gateway.audit.last;
    expect(await gateway.identityOf(gateway.audit.last, 'audit-service')).toMatchObject({ clientIp: '127.0.0.1', principal: { tenantId: tenantA } });
    for (const name of ['x-plinth-tenant', 'x-forwarded-for', 'x-forwarded-host', 'forwarded', 'cookie', 'x-api-key', 'authorization', 'x-tenant-id']) {
      expect(headers[name]).toBeUndefined();
    }
  });

  it('the client address that a trusted proxy tells', async () => {
    await using gateway = await setup({ trustedProxies: ['127.0.0.0/8'] });
    await gateway.send('GET', '/v1/policies', { 'x-forwarded-for': '6.6.6.6, 198.51.100.1, 127.0.0.9' });
    expect(await gateway.identityOf(gateway.tenants.last)).toMatchObject({ clientIp: '198.51.100.1' });
  });

  it('a service’s problem documents, with security headers and nothing internal', async () => {
    await using gateway = await setup();
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
    await using gateway = await setup();
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
    await using gateway = await setup();
    gateway.tenants.answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
    };
    await expect(gateway.send('POST', '/v1/auth/login')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('the end of a client that leaves', async () => {
    await using gateway = await setup();
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

describe('the gateway refuses', () => {
  const attacks: Record<string, (keys: KeyRing, token: string) => string | undefined> = {
    'no token': () => undefined,
    'another scheme': () => 'Basic dXNlcjpwYXNz',
    'an empty token': () => 'Bearer ',
    garbage: () => 'Bearer not.a.token',
    'a changed payload': (_, token) => {
      const [header, , signature] = token.split('.');
      const payload = Buffer.from(JSON.stringify({ iss: issuer, aud: 'plinth', sub: user.userId, sid: 's', mbr: [], iat: 0, exp: 9_999_999_999 }));
      return `Bearer ${header}.${payload.toString('base64url')}.${signature}`;
    },
    'alg none': (keys, token) => `Bearer ${reheader(token, { alg: 'none', typ: 'at+jwt', kid: keys.current.kid })}.`,
    'HS256 with the public key': (keys, token) => {
      const input = reheader(token, { alg: 'HS256', typ: 'at+jwt', kid: keys.current.kid });
      const secret = keys.findKey(keys.current.kid)?.export({ format: 'pem', type: 'spki' }) ?? '';
      return `Bearer ${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    },
    'an unknown kid': (_, token) => `Bearer ${reheader(token, { alg: 'EdDSA', typ: 'at+jwt', kid: 'unknown' })}.${token.split('.')[2]}`,
    'a jwk in the header': (keys, token) => {
      const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
      return `Bearer ${reheader(token, { alg: 'EdDSA', typ: 'at+jwt', kid: keys.current.kid, jwk })}.${token.split('.')[2]}`;
    },
    'an API key that does not exist': () => `Bearer plk_${randomBytes(24).toString('base64url')}`,
  };

  function reheader(token: string, header: object): string {
    return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${token.split('.')[1]}`;
  }

  it.each(Object.entries(attacks))('%s with 401 and a problem document', async (_, attack) => {
    await using gateway = await setup();
    await ready(gateway);
    const authorization = attack(gateway.tokenKeys, gateway.token);
    const answer = await gateway.send('GET', '/v1/audit/entries', authorization === undefined ? {} : { authorization });
    expect(answer).toMatchObject({ status: 401, problem: { status: 401, instance: '/v1/audit/entries', requestId: answer.headers['x-request-id'] } });
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
    expect(gateway.audit.received).toHaveLength(0);
  });

  it.each([
    ['GET', '/', 404, 'route_not_found'],
    ['GET', '/v1/nothing', 404, 'route_not_found'],
    ['GET', '/metrics', 404, 'route_not_found'],
    ['GET', '/v1/tenants/a%2fb', 400, 'url_malformed'],
    ['GET', '/v1/%2e%2e/metrics', 400, 'url_malformed'],
    ['GET', '/v1/policies?q=%00', 400, 'url_malformed'],
    ['GET', '/v1/policies?q=%ff', 400, 'url_malformed'],
    ['GET', '/%ff', 400, 'url_malformed'],
    ['PUT', '/v1/tenants/1', 405, 'method_not_allowed'],
    ['GET', '/v1/auth/login', 405, 'method_not_allowed'],
    ['POST', '/health', 405, 'method_not_allowed'],
    ['TRACE', '/v1/policies', 405, 'method_not_allowed'],
    ['PROPFIND', '/v1/policies', 405, 'method_not_allowed'],
    ['PROPFIND', '/v1/nothing', 404, 'route_not_found'],
  ])('%s %s with %i and a problem document', async (method, path, status, code) => {
    await using gateway = await setup();
    const answer = await gateway.send(method, path);
    expect(answer).toMatchObject({ status, problem: { status, code, requestId: answer.headers['x-request-id'] } });
    expect(answer.headers['x-frame-options']).toBe('DENY');
    if (status === 405) expect(answer.headers.allow).toMatch(/GET|POST/);
  });

  it('a read with a body, and answers OPTIONS with the methods', async () => {
    await using gateway = await setup();
    expect(await gateway.send('GET', '/v1/policies', { 'content-length': '2' }, '{}')).toMatchObject({ status: 400, problem: { code: 'body_unexpected' } });
    expect(await gateway.send('OPTIONS', '/v1/policies')).toMatchObject({ status: 204, headers: { allow: 'GET, HEAD, OPTIONS' } });
  });

  it('a body over the limit, announced or chunked, with 413', async () => {
    await using gateway = await setup();
    gateway.tenants.answer = (request) => void request.resume();
    const body = Buffer.alloc(MIB + 1, 'a');
    const announced = await gateway.send('POST', '/v1/auth/login', { 'content-length': String(body.length) }, body);
    expect(announced).toMatchObject({ status: 413, problem: { code: 'body_too_large' } });
    expect(gateway.tenants.received).toHaveLength(0);
    const chunked = await gateway.send('POST', '/v1/auth/login', { 'transfer-encoding': 'chunked' }, body);
    expect(chunked).toMatchObject({ status: 413, problem: { code: 'body_too_large' } });
  });

  const host = 'Host: a\r\n';
  it.each([
    ['CL and TE', `POST /v1/auth/login HTTP/1.1\r\n${host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['two CL', `POST /v1/auth/login HTTP/1.1\r\n${host}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, 400],
    ['a line fold', `GET /v1/policies HTTP/1.1\r\n${host}X: a\r\n b\r\n\r\n`, 400],
    ['a bare LF', `GET /v1/policies HTTP/1.1\r\n${host}X: a\nY: b\r\n\r\n`, 400],
    ['a bare CR', `GET /v1/policies HTTP/1.1\r\n${host}X: a\rb\r\n\r\n`, 400],
    ['NUL in a header', `GET /v1/policies HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`, 400],
    ['an unknown method', `FOO /v1/policies HTTP/1.1\r\n${host}\r\n`, 400],
    ['a raw byte in the URL', `GET /v1/policies\xff HTTP/1.1\r\n${host}\r\n`, 400],
    ['no Host', 'GET /v1/policies HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['two Hosts', `GET /v1/policies HTTP/1.1\r\n${host}Host: b\r\nConnection: close\r\n\r\n`, 400],
    ['gzip as a transfer coding', `POST /v1/auth/login HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`, 400],
    ['a header that is no UTF-8', `GET /v1/policies HTTP/1.1\r\n${host}User-Agent: \xff\r\nConnection: close\r\n\r\n`, 400],
    ['an asterisk', `OPTIONS * HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, 404],
    ['too long a URL', `GET /v1/tenants/${'a'.repeat(9_000)} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, 414],
    ['a tunnel', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    ['too large a header', `GET /v1/policies HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['far too long a URL', `GET /v1/${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 414],
  ])('%s with a problem document, and closes', async (_, bytes, status) => {
    await using gateway = await setup();
    const answer = await sendRaw(gateway.port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/content-type: application\/problem\+json/i);
    expect(answer).toMatch(/x-content-type-options: nosniff/i);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toMatchObject({ status });
    expect(gateway.tenants.received).toHaveLength(0);
  });

  it('a client that is too slow with its headers with 408, without hurting others', async () => {
    await using gateway = await setup();
    (gateway.app.getHttpServer() as Server).headersTimeout = 300;
    const slow = sendRaw(gateway.port, 'GET /v1/policies HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    expect((await gateway.send('GET', '/v1/policies')).status).toBe(200);
    const answer = await slow;
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('"code":"request_timeout"');
  });

  it('never puts a second answer behind one that is on its way', async () => {
    await using gateway = await setup();
    gateway.tenants.answer = (_, response) => void response.write('begun');
    const answer = await sendRaw(gateway.port, `GET /v1/policies HTTP/1.1\r\n${host}\r\nnot http at all\r\n\r\n`);
    expect(answer.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(answer).not.toContain('http_malformed');
  });
});

describe('the gateway with a service away', () => {
  it('answers 503 with Retry-After well within 5 s when the service does not listen', async () => {
    await using gateway = await setup();
    await ready(gateway);
    await gateway.audit.stop();
    for (let call = 0; call < 25; call++) {
      const began = performance.now();
      const answer = await gateway.send('GET', '/v1/audit/entries', gateway.bearer);
      expect(answer).toMatchObject({ status: 503, problem: { code: 'upstream_unavailable' } });
      expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(5);
      expect(performance.now() - began).toBeLessThan(5_000);
    }
  });

  it('goes on verifying tokens when tenant-service has gone, and forwards again when a service is back', async () => {
    await using gateway = await setup();
    await ready(gateway);
    const { port } = gateway.tenants;
    await gateway.tenants.stop();
    expect((await gateway.send('GET', '/v1/audit/entries', gateway.bearer)).status).toBe(200);
    expect((await gateway.send('GET', '/v1/policies')).status).toBe(503);
    const back = await FakeService.listen(gateway.tokenKeys, port);
    await eventually(async () => expect((await gateway.send('GET', '/v1/policies')).status).toBe(200));
    await back.stop();
  });

  it('is not ready before it has had the token keys, answers 503 meanwhile, and is ready and degraded after', async () => {
    const gone = await FakeService.listen(null);
    const { port } = gone;
    await gone.stop();
    await using gateway = await setup({ tenantServiceUrl: `http://127.0.0.1:${port}` });
    expect(await gateway.send('GET', '/health/ready')).toMatchObject({ status: 503, problem: { code: 'not_ready' } });
    expect((await gateway.send('GET', '/health/live')).status).toBe(200);
    expect(await gateway.send('GET', '/v1/audit/entries', gateway.bearer)).toMatchObject({
      status: 503,
      problem: { code: 'verification_keys_unavailable' },
      headers: { 'retry-after': '1' },
    });
    const tenants = await FakeService.listen(gateway.tokenKeys, port);
    await ready(gateway);
    const degraded = async () => (JSON.parse((await gateway.send('GET', '/health/ready')).text) as { degraded: string[] }).degraded;
    expect(await degraded()).toEqual(['database', 'kafka']);
    await tenants.stop();
    expect(await degraded()).toEqual(['database', 'kafka', 'tenant-service']);
    expect((await gateway.send('GET', '/v1/audit/entries', gateway.bearer)).status).toBe(200);
  });

  it('takes a token signed with a new key at once, and asks for keys at most once in five seconds', async () => {
    await using gateway = await setup();
    await ready(gateway);
    const rotated = KeyRing.of([randomSeed()]);
    let fetches = 0;
    gateway.tenants.tokenKeys = { publicJwks: () => ((fetches += 1), rotated.publicJwks()) } as unknown as KeyRing;
    const { token } = await new AccessTokenIssuer({ keys: rotated, issuer }).issue({ ...user, memberships });
    await eventually(async () => expect((await gateway.send('GET', '/v1/audit/entries', { authorization: `Bearer ${token}` })).status).toBe(200));
    expect(fetches).toBe(1);
    // The old key is not in the new set, so the old token is no good any more.
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await gateway.send('GET', '/v1/audit/entries', gateway.bearer)).status));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(fetches).toBe(1);
  });
});
