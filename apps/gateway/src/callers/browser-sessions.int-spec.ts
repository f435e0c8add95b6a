import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { CsrfTokens, hashSessionCookie, newSessionCookie } from '@plinth/auth';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { memberships, tenantA, tenantB, TestGateway } from '../testing.js';
import type { BrowserSessionFacts } from './browser-sessions.js';

const path = '/v1/audit/entries';
const newKey = '/v1/api-keys';
const [olderSecret, secret, unknownSecret] = [randomBytes(32), randomBytes(32), randomBytes(32)];

async function startGateway(over: Parameters<typeof TestGateway.start>[0] = {}) {
  const gateway = await TestGateway.start({ cookieSecrets: [secret, olderSecret], ...over });
  await eventually(() => expect([gateway.hasTokenKeys, gateway.feedIsFresh]).toEqual([true, true]));
  return gateway;
}

/** A browser that tenant-service knows a session of. */
function addBrowser(gateway: TestGateway, over: Partial<BrowserSessionFacts> = {}) {
  const cookie = newSessionCookie();
  const facts: BrowserSessionFacts = { ...{ sessionId: newId(), userId: newId(), memberships, operatorRoles: [], expiresAt: new Date(Date.now() + 60_000), ended: false }, ...over };
  const { browserSessions } = gateway.tenants.callers;
  browserSessions.set(hashSessionCookie(cookie), facts);
  const headers = { cookie: `theme=dark; plinth_session=${cookie}` };
  const csrfOf = (secretOfToken: Buffer, sessionId = facts.sessionId) => ({ 'x-csrf-token': new CsrfTokens([secretOfToken]).of(sessionId) });
  return {
    ...{ cookie, facts, headers, csrfOf },
    withToken: { ...headers, ...csrfOf(secret) },
    change: (more: Partial<BrowserSessionFacts>) => void browserSessions.set(hashSessionCookie(cookie), { ...facts, ...more }),
  };
}

describe('a browser’s session', () => {
  it('is taken by its cookie, looked up once, and the service sees the person and neither cookie nor token', async () => {
    await using gateway = await startGateway();
    const { cookie, facts, withToken } = addBrowser(gateway);
    for (const [method, target] of [['GET', path], ['POST', newKey], ['DELETE', `${newKey}/${newId()}`]] as const) {
      expect((await gateway.send(method, target, withToken)).status).toBe(200);
    }
    const forwarded = [...gateway.audit.received, ...gateway.tenants.received];
    expect(forwarded).toHaveLength(3);
    for (const request of forwarded) {
      expect(request.headers).not.toHaveProperty('cookie');
      expect(request.headers).not.toHaveProperty('x-csrf-token');
      expect(request.rawHeaders.join()).not.toContain(cookie);
    }
    expect((await gateway.identityOf(gateway.tenants.last)).principal).toEqual({ type: 'user', id: facts.userId, tenantId: tenantA, roles: ['owner'], sessionId: facts.sessionId });
    expect(gateway.tenants.callers.questions.filter((url) => url.includes('browser-sessions'))).toHaveLength(1);
  });

  it('acts in the tenant that is named, and in no other than the person’s', async () => {
    await using gateway = await startGateway();
    const { headers } = addBrowser(gateway);
    expect((await gateway.send('GET', path, { ...headers, 'x-tenant-id': tenantB })).status).toBe(200);
    expect((await gateway.identityOf(gateway.audit.last, 'audit-service')).principal).toMatchObject({ tenantId: tenantB, roles: ['viewer'] });
    expect(await gateway.send('GET', path, { ...headers, 'x-tenant-id': newId() })).toMatchObject({ status: 403, problem: { code: 'tenant_forbidden' } });
  });

  it('may be an operator’s, who belongs to no tenant', async () => {
    await using gateway = await startGateway();
    const { facts, headers } = addBrowser(gateway, { memberships: [], operatorRoles: ['PLATFORM_ADMIN'] });
    expect((await gateway.send('GET', path, headers)).status).toBe(200);
    expect((await gateway.identityOf(gateway.audit.last, 'audit-service')).principal).toEqual({ type: 'operator', id: facts.userId, tenantId: null, roles: ['PLATFORM_ADMIN'], sessionId: facts.sessionId });
  });

  it('changes nothing without its own CSRF token, of the current secret or of the one before', async () => {
    await using gateway = await startGateway();
    const { headers, csrfOf } = addBrowser(gateway);
    const tokens: [Record<string, string>, number][] = [
      [{}, 403],
      [{ 'x-csrf-token': '' }, 403],
      [{ 'x-csrf-token': 'x' }, 403],
      [csrfOf(unknownSecret), 403],
      [csrfOf(secret, addBrowser(gateway).facts.sessionId), 403],
      [csrfOf(secret), 200],
      [csrfOf(olderSecret), 200],
    ];
    for (const [method, target] of [['POST', newKey], ['PATCH', `/v1/tenants/${tenantA}`], ['PUT', `/v1/tenants/${tenantA}/billing`], ['DELETE', `${newKey}/${newId()}`], ['POST', '/v1/auth/logout']] as const) {
      for (const [token, status] of tokens) {
        const answer = await gateway.send(method, target, { ...headers, ...token });
        expect([method, target, token, answer.status, answer.problem.code]).toEqual([method, target, token, status, status === 403 ? 'csrf_token_invalid' : undefined]);
      }
    }
    expect(gateway.tenants.received).toHaveLength(10);
  });

  it('changes nothing for a page of another origin, even with the token', async () => {
    await using gateway = await startGateway();
    const { withToken } = addBrowser(gateway);
    const code = async (more: Record<string, string>) => (await gateway.send('POST', newKey, { ...withToken, ...more })).problem.code;
    expect(await code({ 'sec-fetch-site': 'cross-site' })).toBe('cross_site_request');
    expect(await code({ 'sec-fetch-site': 'same-site' })).toBe('cross_site_request');
    expect(await code({ origin: 'https://evil.example' })).toBe('cross_site_request');
    expect(await code({ 'sec-fetch-site': 'same-origin' })).toBeUndefined();
    expect(await code({ origin: 'http://127.0.0.1:8080' })).toBeUndefined();
    expect((await gateway.send('GET', path, { ...withToken, 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });

  it('is not looked at where the caller names another credential, and does not help one that is wrong', async () => {
    await using gateway = await startGateway();
    const { headers } = addBrowser(gateway);
    // No CSRF token: what a header carries no browser sends unasked.
    expect((await gateway.send('POST', newKey, { ...headers, ...gateway.bearer })).status).toBe(200);
    expect(await gateway.send('GET', path, { ...headers, 'x-api-key': 'plk_live_wrong' })).toMatchObject({ status: 401, problem: { code: 'api_key_invalid' } });
    expect(await gateway.send('GET', path, { ...headers, authorization: 'Bearer x.y.z' })).toMatchObject({ status: 401, problem: { code: 'token_invalid' } });
    expect(await gateway.send('GET', path, { ...headers, authorization: 'Basic eDp5' })).toMatchObject({ status: 401, problem: { code: 'authentication_required' } });
    expect(gateway.tenants.callers.questions.filter((url) => url.includes('browser-sessions'))).toEqual([]);
  });

  it('is refused unknown, malformed, expired, ended and doubled', async () => {
    await using gateway = await startGateway();
    const cookies = {
      unknown: `plinth_session=${newSessionCookie()}`,
      malformed: 'plinth_session=x',
      expired: addBrowser(gateway, { expiresAt: new Date(Date.now() - 1) }).headers.cookie,
      doubled: `${addBrowser(gateway).headers.cookie}; plinth_session=${newSessionCookie()}`,
      ofAnotherName: `__Host-plinth_session=${addBrowser(gateway).cookie}`,
      ended: addBrowser(gateway, { ended: true }).headers.cookie,
    };
    const codes: Record<string, unknown> = {};
    for (const [name, cookie] of Object.entries(cookies)) {
      const { status, problem, headers, text } = await gateway.send('GET', path, { cookie });
      expect([name, status, headers['www-authenticate']]).toEqual([name, 401, expect.stringContaining('Bearer')]);
      expect(text).not.toContain(cookie);
      codes[name] = problem.code;
    }
    const invalid = 'session_cookie_invalid';
    expect(codes).toEqual({ unknown: invalid, malformed: invalid, expired: invalid, doubled: invalid, ofAnotherName: 'authentication_required', ended: 'session_revoked' });
    expect(gateway.audit.received).toEqual([]);
  });

  it('has the prefix __Host- where the gateway is reached by https', async () => {
    await using gateway = await startGateway({ issuer: 'https://api.example.com' });
    const { cookie } = addBrowser(gateway);
    expect((await gateway.send('GET', path, { cookie: `__Host-plinth_session=${cookie}` })).status).toBe(200);
    expect((await gateway.send('GET', path, { cookie: `plinth_session=${cookie}` })).problem.code).toBe('authentication_required');
  });

  it('signs out though it has ended, so that a retry finds its answer', async () => {
    await using gateway = await startGateway();
    const { facts, withToken, headers, change } = addBrowser(gateway);
    expect((await gateway.send('GET', path, headers)).status).toBe(200);
    change({ ended: true });
    gateway.tenants.callers.tell('session_revoked', facts.sessionId);
    await eventually(async () => expect((await gateway.send('GET', path, headers)).problem.code).toBe('session_revoked'));
    expect((await gateway.send('POST', '/v1/auth/logout', withToken)).status).toBe(200);
    expect((await gateway.send('POST', '/v1/auth/logout', headers)).problem.code).toBe('csrf_token_invalid');
  });
});

describe('what the feed tells of a browser’s session', () => {
  it('is heard within a second: its end, its tenant’s suspension, and what its person has lost', async () => {
    await using gateway = await startGateway();
    const [ended, suspended, removed] = [addBrowser(gateway), addBrowser(gateway), addBrowser(gateway)];
    const codeFor = async ({ headers }: typeof ended) => (await gateway.send('GET', path, { ...headers, 'x-tenant-id': tenantA })).problem.code;
    for (const browser of [ended, suspended, removed]) expect(await codeFor(browser)).toBeUndefined();
    gateway.tenants.callers.tell('session_revoked', ended.facts.sessionId);
    await eventually(async () => expect(await codeFor(ended)).toBe('session_revoked'), { withinMs: 1_000 });
    const left = { memberships: memberships.slice(1), operatorRoles: [] };
    removed.change(left);
    gateway.tenants.callers.bearers.set(removed.facts.userId, left);
    gateway.tenants.callers.tell('memberships_changed', removed.facts.userId);
    await eventually(async () => expect(await codeFor(removed)).toBe('tenant_forbidden'), { withinMs: 1_000 });
    gateway.tenants.callers.tell('tenant_suspended', tenantA);
    await eventually(async () => expect(await codeFor(suspended)).toBe('tenant_suspended'), { withinMs: 1_000 });
  });

  it('makes it an operator’s at once where the second factor was shown in it', async () => {
    await using gateway = await startGateway();
    const { facts, headers, change } = addBrowser(gateway, { memberships: [] });
    const typeSeen = async () => {
      await gateway.send('GET', path, headers);
      return (await gateway.identityOf(gateway.audit.last, 'audit-service')).principal.type;
    };
    expect(await typeSeen()).toBe('user');
    const shown = { memberships: [], operatorRoles: ['PLATFORM_ADMIN'] };
    change(shown);
    gateway.tenants.callers.bearers.set(facts.userId, shown);
    gateway.tenants.callers.tell('memberships_changed', facts.userId);
    await eventually(async () => expect(await typeSeen()).toBe('operator'), { withinMs: 1_000 });
  });

  it('ends a stream that was opened by it', async () => {
    await using gateway = await startGateway();
    const { facts, headers } = addBrowser(gateway);
    gateway.audit.answer = (_request, response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    const sent = gateway.open('GET', path, headers);
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const ended = (async () => {
      for await (const chunk of response) void chunk;
    })();
    gateway.tenants.callers.tell('session_revoked', facts.sessionId);
    await expect(ended).rejects.toThrow('aborted');
  });

  it('is missed where tenant-service is gone: 503 for a cookie that was not seen before, and one that was passes', async () => {
    await using gateway = await startGateway();
    const [known, unknown] = [addBrowser(gateway), addBrowser(gateway)];
    expect((await gateway.send('GET', path, known.headers)).status).toBe(200);
    await gateway.tenants.stop();
    await eventually(() => expect(gateway.feedIsFresh).toBe(false));
    expect((await gateway.send('GET', path, known.headers)).status).toBe(200);
    const answer = await gateway.send('GET', path, unknown.headers);
    expect([answer.status, answer.problem.code, answer.headers['retry-after']]).toEqual([503, 'caller_unconfirmed', '1']);
  });
});
