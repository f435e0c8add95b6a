import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { AccessTokenIssuer, hashApiKey, newApiKey } from '@plinth/auth';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { Revocations } from './revocations.js';
import { FakeService, issuer, memberships, tenantA, tenantB, TestGateway, user } from '../testing.js';

const path = '/v1/audit/entries';

/** A gateway that has its token keys and hears the feed. */
async function startGateway() {
  const gateway = await TestGateway.start();
  await eventually(() => expect([gateway.hasTokenKeys, gateway.feedIsFresh]).toEqual([true, true]));
  return gateway;
}

/** A key that tenant-service knows. */
function addKey(gateway: TestGateway, over: object = {}) {
  const id = newId();
  const key = newApiKey('live', id);
  gateway.tenants.callers.apiKeys.set(id, {
    id,
    tenantId: tenantA,
    hash: hashApiKey(key),
    roles: ['owner'],
    scopes: ['audit.read'],
    expiresAt: null,
    status: 'active',
    ...over,
  });
  return { id, key };
}

describe('an API key', () => {
  it('is taken from Authorization and from X-Api-Key, and the service sees the principal and not the key', async () => {
    await using gateway = await startGateway();
    const { id, key } = addKey(gateway);
    const ways: Record<string, string>[] = [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }, { authorization: `Bearer ${key}`, 'x-api-key': key }];
    for (const headers of ways) {
      expect((await gateway.send('GET', path, { ...headers, 'x-tenant-id': tenantA })).status).toBe(200);
      expect((await gateway.identityOf(gateway.audit.last, 'audit-service')).principal).toEqual({
        type: 'api_key',
        id,
        tenantId: tenantA,
        roles: ['owner'],
        scopes: ['audit.read'],
      });
      expect(JSON.stringify(gateway.audit.last.rawHeaders)).not.toContain(key.split('_')[3]);
    }
    expect(gateway.tenants.callers.questions.filter((url) => url.includes(id))).toHaveLength(1);
    expect(JSON.stringify(gateway.tenants.callers.questions)).not.toContain(key.split('_')[3]);
  });

  it('is refused with 401 where it is not right, and nothing is forwarded', async () => {
    await using gateway = await startGateway();
    const { id, key } = addKey(gateway);
    const revoked = addKey(gateway, { status: 'revoked' });
    const expired = addKey(gateway, { expiresAt: '2020-01-01T00:00:00.000Z' });
    const wrong = [newApiKey('live', id), newApiKey('live', newId()), revoked.key, expired.key, `${key}x`, key.slice(0, -1), 'plk_live'];
    for (const text of wrong) {
      const answer = await gateway.send('GET', path, { 'x-api-key': text });
      expect(answer).toMatchObject({ status: 401, problem: { code: 'api_key_invalid' } });
      expect(answer.headers['www-authenticate']).toContain('invalid_token');
      expect(answer.text).not.toContain(text);
    }
    const conflict = await gateway.send('GET', path, { ...gateway.bearer, 'x-api-key': key });
    expect(conflict).toMatchObject({ status: 401, problem: { code: 'credentials_conflict' } });
    expect(gateway.audit.received).toEqual([]);
  });

  it('is bound to its tenant', async () => {
    await using gateway = await startGateway();
    const { key } = addKey(gateway);
    const foreign = await gateway.send('GET', path, { 'x-api-key': key, 'x-tenant-id': tenantB });
    expect(foreign).toMatchObject({ status: 403, problem: { code: 'tenant_forbidden' } });
    const malformed = await gateway.send('GET', path, { 'x-api-key': key, 'x-tenant-id': 'x' });
    expect(malformed).toMatchObject({ status: 400, problem: { code: 'tenant_id_malformed' } });
  });

  it('is refused within a second of its revocation, though its facts are remembered', async () => {
    await using gateway = await startGateway();
    const { id, key } = addKey(gateway);
    expect((await gateway.send('GET', path, { 'x-api-key': key })).status).toBe(200);
    gateway.tenants.callers.tell('api_key_revoked', id);
    await eventually(async () => expect((await gateway.send('GET', path, { 'x-api-key': key })).problem.code).toBe('api_key_invalid'), { withinMs: 1_000 });
  });

  it('that is wrong on an AI route is told in the shape that its clients read', async () => {
    await using gateway = await startGateway();
    const answer = await gateway.send('GET', '/v1/models', { authorization: 'Bearer plk_live_wrong' });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type: 'authentication_error', code: 'invalid_api_key' } });
  });
});

describe('what the feed tells', () => {
  it('ends a session and a tenant’s calls within a second, and lets a restored tenant in again', async () => {
    await using gateway = await startGateway();
    const code = async () => (await gateway.send('GET', path, gateway.bearer)).problem.code;
    gateway.tenants.callers.tell('tenant_suspended', tenantA);
    await eventually(async () => expect(await code()).toBe('tenant_suspended'), { withinMs: 1_000 });
    expect((await gateway.send('GET', path, { ...gateway.bearer, 'x-tenant-id': tenantB })).status).toBe(200);
    gateway.tenants.callers.tell('tenant_restored', tenantA);
    await eventually(async () => expect(await code()).toBeUndefined(), { withinMs: 1_000 });
    gateway.tenants.callers.tell('session_revoked', user.sessionId);
    await eventually(async () => expect(await code()).toBe('session_revoked'), { withinMs: 1_000 });
  });

  it('makes another tenant the home of who names none when the first was given up, which is refused to who names it', async () => {
    await using gateway = await startGateway();
    gateway.tenants.callers.tell('tenant_deactivated', tenantA);
    const named = async () => (await gateway.send('GET', path, { ...gateway.bearer, 'x-tenant-id': tenantA })).problem.code;
    await eventually(async () => expect(await named()).toBe('tenant_deactivated'), { withinMs: 1_000 });
    expect((await gateway.send('GET', path, gateway.bearer)).status).toBe(200);
    expect((await gateway.identityOf(gateway.audit.last, 'audit-service')).principal.tenantId).toBe(tenantB);
  });

  it('lets sign-out through: from a suspended tenant, and again from a session that has ended', async () => {
    await using gateway = await startGateway();
    gateway.tenants.callers.tell('tenant_suspended', tenantA);
    gateway.tenants.callers.tell('session_revoked', user.sessionId);
    await eventually(async () => expect((await gateway.send('GET', path, gateway.bearer)).status).toBe(401));
    expect((await gateway.send('POST', '/v1/auth/logout', gateway.bearer)).status).toBe(200);
    expect((await gateway.send('POST', '/v1/auth/logout')).status).toBe(401);
  });

  it('is asked for again after the connection broke, with what happened meanwhile', async () => {
    await using gateway = await startGateway();
    expect((await gateway.send('GET', path, gateway.bearer)).status).toBe(200);
    const { port, callers } = gateway.tenants;
    await gateway.tenants.stop();
    const back = await FakeService.listen(gateway.tokenKeys, port);
    back.callers.tell('session_revoked', user.sessionId);
    await eventually(() => expect(back.callers.feeds).toBe(1));
    await eventually(async () => expect((await gateway.send('GET', path, gateway.bearer)).problem.code).toBe('session_revoked'));
    expect(callers.feeds).toBe(1);
    await back.stop();
  });

  it('is begun anew where it falls silent; until then each request is asked for', async () => {
    await using gateway = await startGateway();
    const { callers } = gateway.tenants;
    callers.silent = true;
    callers.tell('session_revoked', user.sessionId);
    await eventually(() => expect(gateway.feedIsFresh).toBe(false));
    expect((await gateway.send('GET', path, gateway.bearer)).problem.code).toBe('session_revoked');
    expect(callers.questions).toContain('/internal/v1/callers/check');
    await eventually(() => expect(callers.feeds).toBeGreaterThan(1));
    callers.silent = false;
    await eventually(() => expect(gateway.feedIsFresh).toBe(true));
  });

  it('is missed where tenant-service is gone: 503 for who was not seen before, and who was passes', async () => {
    await using gateway = await startGateway();
    expect((await gateway.send('GET', path, gateway.bearer)).status).toBe(200);
    await gateway.tenants.stop();
    await eventually(() => expect(gateway.feedIsFresh).toBe(false));
    expect((await gateway.send('GET', path, gateway.bearer)).status).toBe(200);
    const stranger = { userId: randomUUID(), sessionId: randomUUID(), memberships, operatorRoles: [] };
    const { token } = await new AccessTokenIssuer({ keys: gateway.tokenKeys, issuer }).issue(stranger);
    const answer = await gateway.send('GET', path, { authorization: `Bearer ${token}` });
    expect(answer).toMatchObject({ status: 503, problem: { code: 'caller_unconfirmed' }, headers: { 'retry-after': '1' } });
  });
});

describe('a change of memberships', () => {
  const roles = async (gateway: TestGateway, headers: Record<string, string> = {}) => {
    const { status } = await gateway.send('GET', path, { ...gateway.bearer, ...headers });
    return status === 200 ? (await gateway.identityOf(gateway.audit.last, 'audit-service')).principal.roles : status;
  };

  it('counts within a second, for tokens from before it: a role that was taken, one that was given, a tenant that was left', async () => {
    await using gateway = await startGateway();
    expect(await roles(gateway)).toEqual(['owner']);
    const { callers } = gateway.tenants;
    callers.bearers.set(user.userId, { memberships: [{ tenantId: tenantA, roles: ['viewer', 'engineer'], capabilities: ['project.edit'] }], operatorRoles: [] });
    callers.tell('memberships_changed', user.userId);
    await eventually(async () => expect(await roles(gateway)).toEqual(['viewer', 'engineer']), { withinMs: 1_000 });
    expect((await gateway.identityOf(gateway.audit.last, 'audit-service')).principal.capabilities).toEqual(['project.edit']);
    expect(await gateway.send('GET', path, { ...gateway.bearer, 'x-tenant-id': tenantB })).toMatchObject({ status: 403, problem: { code: 'tenant_forbidden' } });
    callers.bearers.set(user.userId, { memberships: [], operatorRoles: [] });
    callers.tell('memberships_changed', user.userId);
    await eventually(async () => expect(await roles(gateway)).toEqual([]), { withinMs: 1_000 });
  });

  it('counts for the keys that the person has made', async () => {
    await using gateway = await startGateway();
    const creator = randomUUID();
    const { id, key } = addKey(gateway, { createdBy: creator });
    expect((await gateway.send('GET', path, { 'x-api-key': key })).status).toBe(200);
    const { callers } = gateway.tenants;
    callers.apiKeys.set(id, { ...callers.apiKeys.get(id), roles: [] } as never);
    callers.tell('memberships_changed', creator);
    await eventually(async () => {
      await gateway.send('GET', path, { 'x-api-key': key });
      expect((await gateway.identityOf(gateway.audit.last, 'audit-service')).principal.roles).toEqual([]);
    }, { withinMs: 1_000 });
  });

  it('is found at once by who names a tenant that the token does not know of, and by a path of it', async () => {
    await using gateway = await startGateway();
    const joined = randomUUID();
    gateway.tenants.callers.bearers.set(user.userId, { memberships: [{ tenantId: tenantA, roles: ['owner'] }, { tenantId: joined, roles: ['member'] }], operatorRoles: [] });
    expect(await roles(gateway, { 'x-tenant-id': joined })).toEqual(['member']);
    expect((await gateway.send('GET', `/v1/tenants/${joined}`, gateway.bearer)).status).toBe(200);
    expect((await gateway.identityOf(gateway.tenants.last)).principal).toMatchObject({ tenantId: joined, roles: ['member'] });
  });

  it('names the tenant of the path, where the person belongs to it; the header goes before it, and a foreign tenant’s path is called from home', async () => {
    await using gateway = await startGateway();
    const tenantOf = async (id: string, headers: Record<string, string> = {}) => {
      await gateway.send('GET', `/v1/tenants/${id}`, { ...gateway.bearer, ...headers });
      return (await gateway.identityOf(gateway.tenants.last)).principal.tenantId;
    };
    expect(await tenantOf(tenantB)).toBe(tenantB);
    expect(await tenantOf(tenantB.toUpperCase())).toBe(tenantB);
    expect(await tenantOf(tenantB, { 'x-tenant-id': tenantA })).toBe(tenantA);
    expect(await tenantOf(randomUUID())).toBe(tenantA);
  });
});

describe('an answer that goes on', () => {
  /** A stream of the audit-service's, a line each 50 ms, and whether it still goes on. */
  async function openStream(gateway: TestGateway, headers: Record<string, string>) {
    gateway.audit.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const lines = setInterval(() => response.write('data: x\n\n'), 50);
      response.on('close', () => clearInterval(lines));
    };
    const sent = gateway.open('GET', path, headers);
    sent.on('error', () => undefined);
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const stream = { ended: false, status: response.statusCode, [Symbol.dispose]: () => void sent.destroy() };
    response.on('error', () => undefined).on('close', () => (stream.ended = true)).resume();
    return stream;
  }

  it.each<[string, (gateway: TestGateway, keyId: string) => void, 'token' | 'key']>([
    ['its session is revoked', (gateway) => gateway.tenants.callers.tell('session_revoked', user.sessionId), 'token'],
    ['its tenant is suspended', (gateway) => gateway.tenants.callers.tell('tenant_suspended', tenantA), 'token'],
    ['its tenant is deactivated', (gateway) => gateway.tenants.callers.tell('tenant_deactivated', tenantA), 'key'],
    ['its key is revoked', (gateway, keyId) => gateway.tenants.callers.tell('api_key_revoked', keyId), 'key'],
    [
      'its role is taken',
      ({ tenants }) => {
        tenants.callers.bearers.set(user.userId, { memberships: [{ tenantId: tenantA, roles: ['viewer'] }], operatorRoles: [] });
        tenants.callers.tell('memberships_changed', user.userId);
      },
      'token',
    ],
  ])('is broken off within a second when %s, and others go on', async (_, revoke, by) => {
    await using gateway = await startGateway();
    const { id, key } = addKey(gateway);
    using stream = await openStream(gateway, by === 'key' ? { 'x-api-key': key } : gateway.bearer);
    const other = addKey(gateway, { tenantId: randomUUID() });
    using unharmed = await openStream(gateway, { 'x-api-key': other.key });
    expect([stream.status, stream.ended, unharmed.ended]).toEqual([200, false, false]);
    revoke(gateway, id);
    await eventually(() => expect(stream.ended).toBe(true), { withinMs: 1_000 });
    expect(unharmed.ended).toBe(false);
  });

  it('goes on when its bearer has come to more, and when another’s key is revoked', async () => {
    await using gateway = await startGateway();
    using stream = await openStream(gateway, gateway.bearer);
    const { callers } = gateway.tenants;
    callers.bearers.set(user.userId, { memberships: [{ tenantId: tenantA, roles: ['owner', 'SELLER'] }], operatorRoles: [] });
    callers.tell('memberships_changed', user.userId);
    callers.tell('api_key_revoked', newId());
    await eventually(() => expect(callers.questions.filter((url) => url.endsWith('/standing'))).toHaveLength(1));
    const { sequence } = gateway.app.get(Revocations);
    callers.tell('session_revoked', randomUUID());
    await eventually(() => expect(gateway.app.get(Revocations).sequence).toBeGreaterThan(sequence));
    expect(stream.ended).toBe(false);
  });
});

describe('a licensed person', () => {
  it('has in each tenant the credentials that this tenant has verified', async () => {
    await using gateway = await startGateway();
    const credentials = [{ kind: 'professional_engineer_licence', expiresAt: '2099-01-01T00:00:00.000Z' }] as const;
    const inTwo = [{ tenantId: tenantA, roles: ['engineer'], credentials }, { tenantId: tenantB, roles: ['engineer'] }];
    const { token } = await new AccessTokenIssuer({ keys: gateway.tokenKeys, issuer }).issue({ ...user, memberships: inTwo, operatorRoles: [] });
    const credentialsIn = async (tenantId: string) => {
      await gateway.send('GET', path, { authorization: `Bearer ${token}`, 'x-tenant-id': tenantId });
      return (await gateway.identityOf(gateway.audit.last, 'audit-service')).principal.credentials;
    };
    expect(await credentialsIn(tenantA)).toEqual(credentials);
    expect(await credentialsIn(tenantB)).toBeUndefined();
  });
});

describe('a consent that is outstanding', () => {
  const bearerOf = async (gateway: TestGateway, dueInMs: number) => {
    const { token } = await new AccessTokenIssuer({ keys: gateway.tokenKeys, issuer }).issue({ ...user, memberships, operatorRoles: [], consentDueAt: new Date(Date.now() + dueInMs) });
    return { authorization: `Bearer ${token}` };
  };
  const change = async (gateway: TestGateway, bearer: Record<string, string>, to = '/v1/tenants') => (await gateway.send('POST', to, bearer, '{}')).problem.code;

  it('stops changes once its time is over, and neither reading nor what everybody does for their own account', async () => {
    await using gateway = await startGateway();
    const bearer = await bearerOf(gateway, -2_000);
    expect(await gateway.send('POST', '/v1/tenants', bearer, '{}')).toMatchObject({ status: 403, problem: { code: 'consent_required' } });
    expect((await gateway.send('POST', '/v1/chat/completions', bearer, '{}')).status).toBe(403);
    expect(gateway.tenants.received).toEqual([]);
    expect((await gateway.send('GET', path, bearer)).status).toBe(200);
    for (const own of ['/v1/auth/consents', '/v1/auth/logout', '/v1/auth/password/change']) expect(await change(gateway, bearer, own)).toBeUndefined();
  });

  it('stops nothing before', async () => {
    await using gateway = await startGateway();
    expect(await change(gateway, await bearerOf(gateway, 60_000))).toBeUndefined();
  });

  it('is over for a token from before within a second of being given', async () => {
    await using gateway = await startGateway();
    const bearer = await bearerOf(gateway, -2_000);
    expect(await change(gateway, bearer)).toBe('consent_required');
    gateway.tenants.callers.bearers.set(user.userId, { memberships, operatorRoles: [] });
    gateway.tenants.callers.tell('memberships_changed', user.userId);
    await eventually(async () => expect(await change(gateway, bearer)).toBeUndefined(), { withinMs: 1_000 });
  });

  it('is heard of within a second, as tenant-service tells it', async () => {
    await using gateway = await startGateway();
    expect(await change(gateway, gateway.bearer)).toBeUndefined();
    gateway.tenants.callers.bearers.set(user.userId, { memberships, operatorRoles: [], consentDueAt: new Date(0) });
    gateway.tenants.callers.tell('memberships_changed', user.userId);
    await eventually(async () => expect(await change(gateway, gateway.bearer)).toBe('consent_required'), { withinMs: 1_000 });
  });
});

describe('an operator', () => {
  it('is a principal of the platform without a tenant, whatever memberships its token has', async () => {
    await using gateway = await startGateway();
    const operator = { userId: randomUUID(), sessionId: randomUUID(), memberships, operatorRoles: ['PLATFORM_ADMIN'] };
    const { token } = await new AccessTokenIssuer({ keys: gateway.tokenKeys, issuer }).issue(operator);
    const headers = { authorization: `Bearer ${token}` };
    await gateway.send('POST', `/v1/tenants/${tenantA}/suspend`, headers, '{}');
    expect((await gateway.identityOf(gateway.tenants.last)).principal).toEqual({
      type: 'operator',
      id: operator.userId,
      tenantId: null,
      roles: ['PLATFORM_ADMIN'],
      sessionId: operator.sessionId,
    });
    expect(await gateway.send('GET', path, { ...headers, 'x-tenant-id': tenantA })).toMatchObject({ status: 403, problem: { code: 'tenant_forbidden' } });
    gateway.tenants.callers.tell('session_revoked', operator.sessionId);
    await eventually(async () => expect((await gateway.send('GET', path, headers)).problem.code).toBe('session_revoked'), { withinMs: 1_000 });
  });
});
