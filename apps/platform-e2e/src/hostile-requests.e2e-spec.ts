import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { connect } from 'node:net';
import type { CallAnswer, CallOptions, SignedIn } from '@plinth/dev-stack';
import { newId } from '@plinth/kernel';
import { runningStack } from './stack.js';

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('hostile requests through the gateway', () => {
  const stack = runningStack();
  const { gateway } = stack;
  let owner: SignedIn;
  let other: SignedIn;

  beforeAll(async () => {
    [owner, other] = await Promise.all([stack.newTenant(), stack.newTenant('Other')]);
  });

  const patch = (options: CallOptions, id = owner.tenantId) => gateway.call('PATCH', `/v1/tenants/${id}`, { token: owner.token, ...options });

  function expectProblem(answer: CallAnswer, status: number, code?: string) {
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ status, ...(code === undefined ? {} : { code }), requestId: answer.headers.get('x-request-id') });
    expect(answer.status).toBe(status);
  }

  it.each([
    ['malformed JSON', { rawBody: '{"name":' }, 400, 'json_malformed'],
    ['an empty body', { rawBody: '' }, 400, undefined],
    ['a top-level array', { rawBody: '[]' }, 400, 'json_malformed'],
    ['NUL in text', { rawBody: '{"name":"a\\u0000b"}' }, 400, 'json_malformed'],
    ['a lone surrogate', { rawBody: '{"name":"\\ud800"}' }, 400, 'json_malformed'],
    ['invalid UTF-8', { rawBody: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }, 400, 'json_malformed'],
    ['20,000-deep JSON', { rawBody: `{"settings":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_001)}` }, 400, 'json_malformed'],
    ['__proto__', { rawBody: '{"settings":{"__proto__":{"admin":true}}}' }, 400, 'json_malformed'],
    ['an unknown field', { body: { nmae: 'x' } }, 422, 'validation_failed'],
    ['a field that the server owns', { body: { tier: 'enterprise', createdAt: '2020-01-01T00:00:00Z' } }, 422, 'validation_failed'],
    ['a wrong content type', { rawBody: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 'content_type_unsupported'],
    ['a charset other than UTF-8', { body: {}, headers: { 'content-type': 'application/json; charset=utf-16' } }, 415, 'content_type_unsupported'],
    ['a body over the limit', { body: { settings: { a: 'x'.repeat(1_100_000) } } }, 413, undefined],
    ['no Idempotency-Key', { body: { name: 'x' }, idempotencyKey: null }, 400, 'idempotency_key_required'],
    ['a key that is too long', { body: { name: 'x' }, idempotencyKey: 'k'.repeat(256) }, 400, 'idempotency_key_malformed'],
    ['a stale If-Match', { body: { name: 'x' }, headers: { 'if-match': '"0"' } }, 412, 'precondition_failed'],
    ['a tenant that is not theirs', { body: { name: 'x' }, headers: { 'x-tenant-id': '019a0000-0000-7000-8000-00000000dead' } }, 403, undefined],
  ] as const)('answers %s with %#', async (_, options, status, code) => {
    expectProblem(await patch(options), status, code);
  });

  it.each([
    ['bad UUID', 'GET', '/v1/tenants/not-a-uuid', 400],
    ['NUL in the path', 'GET', '/v1/tenants/%00', 400],
    ['invalid UTF-8 in the query', 'GET', '/v1/audit/entries?q=%ff', 400],
    ['bad cursor', 'GET', '/v1/audit/entries?cursor=abc', 400],
    ['bad limit', 'GET', '/v1/audit/entries?limit=100000', 400],
    ['unknown route', 'GET', '/v1/nothing', 404],
  ])('answers a %s with a problem document', async (_, method, path, status) => {
    expectProblem(await gateway.call(method, path, { token: owner.token }), status);
  });

  it('answers a wrong method with 405 and Allow', async () => {
    const answer = await gateway.call('DELETE', `/v1/tenants/${owner.tenantId}`, { token: owner.token });
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toMatch(/GET.*PATCH/);
  });

  it("answers another tenant's id with 404 on every verb, and leaves it unchanged", async () => {
    expectProblem(await gateway.call('GET', `/v1/tenants/${other.tenantId}`, { token: owner.token }), 404);
    expectProblem(await patch({ body: { name: 'Taken over' } }, other.tenantId), 404);
    expectProblem(await patch({ body: { name: 'Taken over' }, headers: { 'x-tenant-id': other.tenantId } }, other.tenantId), 403);
    const { body } = await gateway.call('GET', `/v1/tenants/${other.tenantId}`, { token: other.token });
    expect(body['name']).toBe('Other');
  });

  it('answers the same key with another body with 422', async () => {
    const idempotencyKey = randomUUID();
    expect((await patch({ body: { name: 'first' }, idempotencyKey })).status).toBe(200);
    expectProblem(await patch({ body: { name: 'second' }, idempotencyKey }), 422, 'idempotency_key_reused');
  });

  describe('with a token that is not ours', () => {
    const claims = () => {
      const now = Math.floor(Date.now() / 1000);
      const mbr = [{ tid: other.tenantId, rol: ['owner'] }];
      return { iss: stack.facts.gatewayUrl, aud: 'plinth', sub: owner.userId, sid: newId(), mbr, iat: now, exp: now + 600 };
    };
    const kidOf = (token: string) => (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;

    async function forgeries(): Promise<Record<string, string | undefined>> {
      const { body } = await gateway.call<{ keys: { x: string; kid: string }[] }>('GET', '/.well-known/jwks.json');
      const key = body.keys[0];
      const mine = generateKeyPairSync('ed25519');
      const jwk = mine.publicKey.export({ format: 'jwk' });
      const signed = (header: object) => {
        const input = `${base64(header)}.${base64(claims())}`;
        return `${input}.${sign(null, Buffer.from(input), mine.privateKey).toString('base64url')}`;
      };
      const [head, payload, signature] = owner.token.split('.') as [string, string, string];
      const hsInput = `${base64({ alg: 'HS256', typ: 'at+jwt', kid: key?.kid })}.${base64(claims())}`;
      return {
        'no token': undefined,
        'an empty token': '',
        'alg none': `${base64({ alg: 'none', typ: 'at+jwt' })}.${base64(claims())}.`,
        'a tampered payload': `${head}.${base64({ ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), mbr: [{ tid: other.tenantId, rol: ['owner'] }] })}.${signature}`,
        'a tampered signature': `${head}.${payload}.${signature.slice(0, -4)}AAAA`,
        'HS256 with the public key': `${hsInput}.${createHmac('sha256', Buffer.from(key?.x ?? '', 'base64url')).update(hsInput).digest('base64url')}`,
        'an unknown kid': signed({ alg: 'EdDSA', typ: 'at+jwt', kid: 'unknown' }),
        'our kid and another key': signed({ alg: 'EdDSA', typ: 'at+jwt', kid: kidOf(owner.token) }),
        'a key of its own': signed({ alg: 'EdDSA', typ: 'at+jwt', jwk }),
        'an internal identity': signed({ alg: 'EdDSA', typ: 'plinth-internal+jwt', kid: kidOf(owner.token) }),
      };
    }

    it('answers 401 with a problem document, whatever is wrong with it', async () => {
      for (const token of Object.values(await forgeries())) {
        const answer = await gateway.call('GET', `/v1/tenants/${owner.tenantId}`, token === undefined ? {} : { token });
        expectProblem(answer, 401);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
    });

    it('drops internal identity headers from outside', async () => {
      const headers = { 'x-plinth-identity': owner.token, 'x-plinth-signature': 't=1;v1=x', 'x-forwarded-for': '198.51.100.1' };
      expectProblem(await gateway.call('GET', `/v1/tenants/${owner.tenantId}`, { headers }), 401);
      const requestId = randomUUID();
      await patch({ body: { name: 'Forged address' }, headers: { ...headers, 'x-request-id': requestId } });
      const [row] = await stack.query<{ ip: string }>(`SELECT payload ->> 'ip' AS ip FROM tenancy.event_outbox WHERE payload ->> 'requestId' = $1`, [requestId]);
      expect(row?.ip).toBe('127.0.0.1');
    });
  });

  it('closes each service to who comes past the gateway', async () => {
    for (const name of ['tenant-service', 'audit-service']) {
      const path = name === 'tenant-service' ? `/v1/tenants/${owner.tenantId}` : '/v1/audit/entries';
      const answer = await fetch(`${stack.facts.services[name]?.url}${path}`, { headers: { authorization: `Bearer ${owner.token}` } });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
  });

  it.each([
    ['CL and TE', 'POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a folded header', 'GET /v1/policies HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n'],
    ['no host', 'GET /v1/policies HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['no HTTP', 'hello\r\n\r\n'],
  ])('answers a request with %s with 400 and closes the connection', async (_, request) => {
    const answer = await raw(stack.facts.gatewayUrl, request);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('answers TRACE with 405', async () => {
    expect(await raw(stack.facts.gatewayUrl, 'TRACE /v1/policies HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 405 /);
  });

  it('stores and reads back text that looks like code unchanged', async () => {
    const name = `'; DROP TABLE tenancy.tenant; -- <script>alert(1)</script> $(id) \u{1F600}`;
    expect((await patch({ body: { name } })).body['name']).toBe(name);
    expect((await gateway.call('GET', `/v1/tenants/${owner.tenantId}`, { token: owner.token })).body['name']).toBe(name);
  });
});

/** Sends bytes and reads until the other side closes. */
async function raw(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setTimeout(10_000, () => socket.destroy(new Error('the connection was left open')));
  socket.write(request);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
