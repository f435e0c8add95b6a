import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { AccessTokenIssuer } from '@plinth/auth';
import { eventually, TestDatabase } from '@plinth/testing';
import type { GatewayConfig } from '../config.js';
import { migrations, schema } from '../migrations/index.js';
import { issuer, tenantA, tenantB, TestGateway } from '../testing.js';
import type { TenantAccess } from './bearers.js';

const path = '/v1/audit/entries';
const second = { withinMs: 1_000 };

describe('an operator who names a tenant', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await TestDatabase.create([{ schema, migrations }]);
  });
  afterAll(() => database.drop());

  /** A gateway that hears the feed, and an operator with a token from before any access. */
  async function setup(over: Partial<GatewayConfig> = {}, operatorRoles: string[] = ['PLATFORM_ADMIN']) {
    const gateway = await TestGateway.start({ appDatabaseUrl: database.appUrl(schema), systemDatabaseUrl: database.systemUrl(schema), ...over });
    await eventually(() => expect([gateway.hasTokenKeys, gateway.feedIsFresh]).toEqual([true, true]));
    const operator = { userId: randomUUID(), sessionId: randomUUID() };
    const { token } = await new AccessTokenIssuer({ keys: gateway.tokenKeys, issuer }).issue({ ...operator, memberships: [], operatorRoles });
    const accessFor = (ms: number, more: Partial<TenantAccess> = {}): TenantAccess => ({
      ...{ grantId: randomUUID(), tenantId: tenantA, capabilities: ['audit.read'], reason: 'Ticket 4711', expiresAt: new Date(Date.now() + ms).toISOString() },
      ...more,
    });
    const knows = (...accesses: TenantAccess[]) => gateway.tenants.callers.bearers.set(operator.userId, { memberships: [], operatorRoles: ['PLATFORM_ADMIN'], accesses });
    /** What tenant-service knows from now on, and tells. */
    const has = (...accesses: TenantAccess[]) => {
      knows(...accesses);
      gateway.tenants.callers.tell('memberships_changed', operator.userId);
    };
    knows();
    const headers = (tenant: string | null = tenantA): Record<string, string> => ({ authorization: `Bearer ${token}`, ...(tenant === null ? {} : { 'x-tenant-id': tenant }) });
    const send = (tenant: string | null = tenantA, at = path) => gateway.send('GET', at, headers(tenant));
    const told = () =>
      database.query<{ tenant_id: string; payload: Record<string, unknown> }>(`SELECT tenant_id, payload FROM gateway.event_outbox WHERE payload -> 'actor' ->> 'id' = $1 ORDER BY sequence`, [operator.userId]);
    return { gateway, operator, accessFor, has, headers, send, told, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
  }

  const forbidden = { status: 403, problem: { code: 'tenant_forbidden' } };

  it('acts there by the access it was granted, whatever its token says, and the service sees which', async () => {
    await using at = await setup();
    expect(await at.send()).toMatchObject(forbidden);
    const access = at.accessFor(60_000);
    at.has(access);
    await eventually(async () => expect((await at.send()).status).toBe(200), second);
    const { tenantId: _, ...granted } = access;
    expect((await at.gateway.identityOf(at.gateway.audit.last, 'audit-service')).principal).toEqual({
      ...{ type: 'operator', id: at.operator.userId, sessionId: at.operator.sessionId, tenantId: tenantA, roles: ['PLATFORM_ADMIN'] },
      access: granted,
    });
    expect((await at.send(tenantA.toUpperCase())).status).toBe(200);
    for (const other of [tenantB, randomUUID()]) expect(await at.send(other)).toMatchObject(forbidden);
    // Without a tenant it is the platform's operator, as ever.
    expect((await at.send(null)).status).toBe(200);
    expect((await at.gateway.identityOf(at.gateway.audit.last, 'audit-service')).principal).toEqual({ type: 'operator', id: at.operator.userId, sessionId: at.operator.sessionId, tenantId: null, roles: ['PLATFORM_ADMIN'] });
  });

  it('stands in the tenant’s trail with each call, before it is forwarded, reads and all', async () => {
    await using at = await setup();
    const access = at.accessFor(60_000);
    at.has(access);
    await eventually(async () => expect((await at.send(tenantA, `${path}?q=somebody%40plinth.example`)).status).toBe(200), second);
    expect((await at.send()).status).toBe(200);
    const told = await at.told();
    expect(told).toHaveLength(2);
    expect(told[0]).toMatchObject({
      tenant_id: tenantA,
      payload: {
        ...{ tenantId: tenantA, actor: { type: 'operator', id: at.operator.userId }, action: 'operator_access.call', resource: { type: 'operator_access', id: access.grantId } },
        ...{ outcome: 'success', ip: '127.0.0.1', reason: `operator access ${access.grantId}: Ticket 4711`, after: { method: 'GET', path } },
      },
    });
    expect(JSON.stringify(told)).not.toContain('somebody');
    expect(await at.send(tenantB)).toMatchObject(forbidden);
    expect((await at.send(null)).status).toBe(200);
    expect(await at.told()).toHaveLength(2);
  });

  it('is not let through where the trail cannot be told', async () => {
    await using at = await setup({ appDatabaseUrl: 'postgres://nobody@127.0.0.1:1/none' });
    at.has(at.accessFor(60_000));
    await eventually(async () => expect((await at.send()).status).toBe(503), second);
    expect(at.gateway.audit.received).toEqual([]);
  });

  it('costs the tenant no API call', async () => {
    await using at = await setup();
    at.has(at.accessFor(60_000));
    await eventually(async () => expect((await at.send()).status).toBe(200), second);
    expect((await at.send()).headers['ratelimit']).toBeUndefined();
    expect((await at.gateway.send('GET', path, at.gateway.bearer)).headers['ratelimit']).toBeDefined();
  });

  it('is out within a second when its access is ended, suspended tenants and sessions that end included', async () => {
    await using at = await setup();
    at.has(at.accessFor(60_000));
    await eventually(async () => expect((await at.send()).status).toBe(200), second);
    at.has();
    await eventually(async () => expect(await at.send()).toMatchObject(forbidden), second);
    at.has(at.accessFor(60_000));
    await eventually(async () => expect((await at.send()).status).toBe(200), second);
    at.gateway.tenants.callers.tell('tenant_suspended', tenantA);
    await eventually(async () => expect((await at.send()).problem.code).toBe('tenant_suspended'), second);
    at.gateway.tenants.callers.tell('tenant_restored', tenantA);
    at.gateway.tenants.callers.tell('session_revoked', at.operator.sessionId);
    await eventually(async () => expect((await at.send()).problem.code).toBe('session_revoked'), second);
  });

  it('is out when its time is over, without anybody’s word', async () => {
    await using at = await setup();
    at.has(at.accessFor(1_500));
    await eventually(async () => expect((await at.send()).status).toBe(200), second);
    await eventually(async () => expect(await at.send()).toMatchObject(forbidden), { withinMs: 3_000 });
    expect((await at.send(null)).status).toBe(200);
  });

  it('is nobody there in a session that is no operator’s, for want of the second factor', async () => {
    await using at = await setup({}, []);
    at.has(at.accessFor(60_000));
    await eventually(async () => expect(await at.send()).toMatchObject(forbidden), second);
    await eventually(async () => expect(await at.send()).toMatchObject(forbidden), second);
    expect([at.gateway.audit.received, await at.told()]).toEqual([[], []]);
  });

  /** A stream of the audit-service's, a line each 50 ms, and whether it still goes on. */
  async function openStream({ gateway, headers }: Awaited<ReturnType<typeof setup>>) {
    gateway.audit.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const writing = setInterval(() => response.write('data: x\n\n'), 50);
      response.on('close', () => clearInterval(writing));
    };
    const sent = gateway.open('GET', path, headers());
    sent.on('error', () => undefined).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const stream = { ended: false, status: response.statusCode, [Symbol.dispose]: () => void sent.destroy() };
    response.on('error', () => undefined).on('close', () => (stream.ended = true)).resume();
    return stream;
  }

  it('has its open streams broken off when it is ended, also where another access has taken its place', async () => {
    await using at = await setup();
    at.has(at.accessFor(60_000));
    await eventually(async () => expect((await at.send()).status).toBe(200), second);
    using stream = await openStream(at);
    expect([stream.status, stream.ended]).toEqual([200, false]);
    at.has(at.accessFor(60_000));
    await eventually(() => expect(stream.ended).toBe(true), second);
    using next = await openStream(at);
    at.has();
    await eventually(() => expect(next.ended).toBe(true), second);
  });

  it('has its open streams broken off when its time is over', async () => {
    await using at = await setup();
    at.has(at.accessFor(2_000));
    await eventually(async () => expect((await at.send()).status).toBe(200), second);
    using stream = await openStream(at);
    expect(stream.status).toBe(200);
    await eventually(() => expect(stream.ended).toBe(true), { withinMs: 3_000 });
  });

  it('is 503 where tenant-service tells an access of another form', async () => {
    await using at = await setup();
    at.has({ ...at.accessFor(60_000), expiresAt: 'never' });
    await eventually(async () => expect((await at.send()).status).toBe(503), second);
  });
});
