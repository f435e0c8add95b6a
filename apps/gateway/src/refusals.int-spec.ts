import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyRing } from '@plinth/auth';
import { eventually } from '@plinth/testing';
import { issuer, sendRaw, TestGateway, user } from './testing.js';

const MIB = 1_048_576;

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
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    const authorization = attack(gateway.tokenKeys, gateway.token);
    const answer = await gateway.send('GET', '/v1/audit/entries', authorization === undefined ? {} : { authorization });
    expect(answer).toMatchObject({ status: 401, problem: { status: 401, instance: '/v1/audit/entries', requestId: answer.headers['x-request-id'] } });
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
    expect(gateway.audit.received).toHaveLength(0);
  });

  it.each([
    ['GET', '/', 404, 'route_not_found'],
    ['GET', '/v1/nothing', 404, 'route_not_found'],
    ['POST', '/metrics', 405, 'method_not_allowed'],
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
    await using gateway = await TestGateway.start();
    const answer = await gateway.send(method, path);
    expect(answer).toMatchObject({ status, problem: { status, code, requestId: answer.headers['x-request-id'] } });
    expect(answer.headers['x-frame-options']).toBe('DENY');
    if (status === 405) expect(answer.headers.allow).toMatch(/GET|POST/);
  });

  it('a read with a body, and answers OPTIONS with the methods', async () => {
    await using gateway = await TestGateway.start();
    expect(await gateway.send('GET', '/v1/policies', { 'content-length': '2' }, '{}')).toMatchObject({ status: 400, problem: { code: 'body_unexpected' } });
    expect(await gateway.send('OPTIONS', '/v1/policies')).toMatchObject({ status: 204, headers: { allow: 'GET, HEAD, OPTIONS' } });
    expect(await gateway.send('OPTIONS', '/v1/nothing')).toMatchObject({ status: 404 });
  });

  it('no HEAD where there is a GET, and answers it as that without the body', async () => {
    await using gateway = await TestGateway.start();
    gateway.tenants.answer = (request, response) => void response.setHeader('content-type', 'application/json').setHeader('content-length', 2).end(request.method === 'HEAD' ? undefined : '{}');
    const answer = await gateway.send('HEAD', '/v1/policies');
    expect(answer).toMatchObject({ status: 200, text: '', headers: { 'content-type': 'application/json', 'content-length': '2' } });
    expect(gateway.tenants.last.method).toBe('HEAD');
    expect(await gateway.send('HEAD', '/v1/auth/login')).toMatchObject({ status: 405, text: '' });
  });

  it('a body over the limit, announced or chunked, with 413', async () => {
    await using gateway = await TestGateway.start();
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
    await using gateway = await TestGateway.start();
    const answer = await sendRaw(gateway.port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/content-type: application\/problem\+json/i);
    expect(answer).toMatch(/x-content-type-options: nosniff/i);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toMatchObject({ status });
    expect(gateway.tenants.received).toHaveLength(0);
  });

  it('a client that is too slow with its headers with 408, without hurting others', async () => {
    await using gateway = await TestGateway.start();
    gateway.app.getHttpServer().headersTimeout = 300;
    const slow = sendRaw(gateway.port, 'GET /v1/policies HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    expect((await gateway.send('GET', '/v1/policies')).status).toBe(200);
    const answer = await slow;
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('"code":"request_timeout"');
  });

  it('never puts a second answer behind one that is on its way', async () => {
    await using gateway = await TestGateway.start();
    gateway.tenants.answer = (_, response) => void response.write('begun');
    const answer = await sendRaw(gateway.port, `GET /v1/policies HTTP/1.1\r\n${host}\r\nnot http at all\r\n\r\n`);
    expect(answer.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(answer).not.toContain('http_malformed');
  });
});
