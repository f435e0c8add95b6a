import { hashApiKey, newApiKey } from '@plinth/auth';
import { newId } from '@plinth/kernel';
import { eventually, TestDatabase } from '@plinth/testing';
import type { GatewayConfig } from '../config.js';
import { migrations, schema } from '../migrations/index.js';
import { tenantA, TestGateway } from '../testing.js';

const path = '/v1/audit/entries';
const refused = { status: 403, problem: { code: 'address_not_allowed' } };

describe('an API key that is taken from some networks alone', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await TestDatabase.create([{ schema, migrations }]);
  });
  afterAll(() => database.drop());

  /** A gateway that hears the feed, with a key; all its clients are on the loopback. */
  async function setup(allowedAddresses: readonly string[], over: Partial<GatewayConfig> = {}) {
    const gateway = await TestGateway.start({ appDatabaseUrl: database.appUrl(schema), systemDatabaseUrl: database.systemUrl(schema), ...over });
    await eventually(() => expect(gateway.feedIsFresh).toBe(true));
    const id = newId();
    const key = newApiKey('live', id);
    const facts = { id, tenantId: tenantA, hash: hashApiKey(key), roles: ['owner'], scopes: ['audit.read'], expiresAt: null, status: 'active' as const };
    const limitTo = (networks: readonly string[]) => gateway.tenants.callers.apiKeys.set(id, { ...facts, allowedAddresses: networks });
    limitTo(allowedAddresses);
    const send = (headers: Record<string, string> = {}) => gateway.send('GET', path, { 'x-api-key': key, ...headers });
    const told = () => database.query<{ tenant_id: string; payload: Record<string, unknown> }>(`SELECT tenant_id, payload FROM gateway.event_outbox WHERE payload -> 'resource' ->> 'id' = $1 ORDER BY sequence`, [id]);
    const metrics = async () => (await gateway.send('GET', '/metrics')).text;
    return { gateway, id, limitTo, send, told, metrics, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
  }

  it.each([[['127.0.0.1']], [['203.0.113.0/24', '127.0.0.0/8']], [['::ffff:127.0.0.1']], [[]]])('passes from 127.0.0.1 where it is taken from %j', async (networks) => {
    await using at = await setup(networks);
    expect((await at.send()).status).toBe(200);
    expect(await at.told()).toEqual([]);
  });

  it.each([[['203.0.113.0/24']], [['::1']], [['128.0.0.0/8', '2001:db8::/32']]])('is refused from 127.0.0.1 where it is taken from %j, and nothing is forwarded', async (networks) => {
    await using at = await setup(networks);
    expect(await at.send()).toMatchObject(refused);
    expect(at.gateway.audit.received).toEqual([]);
  });

  it('believes no X-Forwarded-For but a trusted proxy’s', async () => {
    await using alone = await setup(['203.0.113.0/24']);
    for (const headers of [{ 'x-forwarded-for': '203.0.113.7' }, { 'x-forwarded-for': '203.0.113.7, 127.0.0.1' }, { forwarded: 'for=203.0.113.7' }, { 'x-real-ip': '203.0.113.7' }] as Record<string, string>[]) {
      expect(await alone.send(headers)).toMatchObject(refused);
    }
    await using behind = await setup(['203.0.113.0/24'], { trustedProxies: ['127.0.0.0/8'] });
    expect((await behind.send({ 'x-forwarded-for': '203.0.113.7' })).status).toBe(200);
    expect((await behind.send({ 'x-forwarded-for': '::ffff:203.0.113.8' })).status).toBe(200);
    // What stands in front of what the proxy has seen was written by the caller.
    expect(await behind.send({ 'x-forwarded-for': '203.0.113.7, 198.51.100.1' })).toMatchObject(refused);
    expect(await behind.send()).toMatchObject(refused);
  });

  it('tells the tenant’s trail of a refused address, once in a while', async () => {
    await using at = await setup(['203.0.113.0/24']);
    for (let sent = 0; sent < 3; sent += 1) expect(await at.send({ 'user-agent': 'thief/1.0' })).toMatchObject(refused);
    expect(await at.told()).toMatchObject([
      { tenant_id: tenantA, payload: { tenantId: tenantA, actor: { type: 'api_key', id: at.id }, action: 'api_key.use', outcome: 'denied', reason: 'address_not_allowed', ip: '127.0.0.1', userAgent: 'thief/1.0' } },
    ]);
    expect(await at.metrics()).toContain('plinth_gateway_denials_total{outcome="repeated",service="gateway"} 2');
  });

  it('fills no trail by however many addresses', async () => {
    await using at = await setup(['203.0.113.0/24'], { trustedProxies: ['127.0.0.0/8'] });
    for (let n = 0; n < 30; n += 1) expect(await at.send({ 'x-forwarded-for': `198.51.100.${n}` })).toMatchObject(refused);
    expect(await at.told()).toHaveLength(20);
  });

  it('is refused also where the trail cannot be told, which is counted', async () => {
    await using at = await setup(['203.0.113.0/24'], { appDatabaseUrl: 'postgres://nobody@127.0.0.1:1/none' });
    expect(await at.send()).toMatchObject(refused);
    expect(await at.metrics()).toContain('plinth_gateway_denials_total{outcome="lost",service="gateway"} 1');
  });

  it('is refused within a second when its networks change, and passes again when they are taken back', async () => {
    await using at = await setup([]);
    expect((await at.send()).status).toBe(200);
    at.limitTo(['203.0.113.0/24']);
    at.gateway.tenants.callers.tell('api_key_changed', at.id);
    await eventually(async () => expect(await at.send()).toMatchObject(refused), { withinMs: 1_000 });
    at.limitTo([]);
    at.gateway.tenants.callers.tell('api_key_changed', at.id);
    await eventually(async () => expect((await at.send()).status).toBe(200), { withinMs: 1_000 });
  });

  it('shows nothing of that to who has another secret', async () => {
    await using at = await setup(['203.0.113.0/24']);
    expect(await at.send({ 'x-api-key': newApiKey('live', at.id) })).toMatchObject({ status: 401, problem: { code: 'api_key_invalid' } });
    expect(await at.told()).toEqual([]);
  });

  it('is 503 where tenant-service tells networks that are none', async () => {
    await using at = await setup(['nonsense']);
    expect(await at.send()).toMatchObject({ status: 503, problem: { code: 'caller_unconfirmed' } });
  });
});
