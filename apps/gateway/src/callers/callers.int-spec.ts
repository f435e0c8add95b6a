import { randomUUID } from 'node:crypto';
import { AccessTokenIssuer, hashApiKey, newApiKey } from '@plinth/auth';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
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
