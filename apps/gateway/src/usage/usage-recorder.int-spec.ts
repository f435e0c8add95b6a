import type { ApiUsageRecordedV1Payload } from '@plinth/contracts';
import { hashApiKey, newApiKey } from '@plinth/auth';
import { openDoor } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { eventually, seriesOf, TestDatabase } from '@plinth/testing';
import { migrations, schema } from '../migrations/index.js';
import { tenantA, tenantB, TestGateway, user } from '../testing.js';
import { UsageRecorder } from './usage-recorder.js';

describe('the use of the API', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await TestDatabase.create([{ schema, migrations }]);
  });
  afterAll(() => database.drop());

  async function setup(appDatabaseUrl = database.appUrl(schema)) {
    await database.query('TRUNCATE gateway.event_outbox');
    const gateway = await TestGateway.start({ appDatabaseUrl, systemDatabaseUrl: database.systemUrl(schema) });
    await eventually(() => expect([gateway.hasTokenKeys, gateway.feedIsFresh]).toEqual([true, true]));
    const recorder = gateway.app.get(UsageRecorder, { strict: false });
    const counted = async (outcome: string) =>
      seriesOf((await gateway.send('GET', '/metrics')).text, 'plinth_gateway_usage_calls_total').get(`{outcome="${outcome}",service="gateway"}`) ?? 0;
    return { gateway, recorder, counted, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
  }
  const told = async () => (await database.query<{ payload: ApiUsageRecordedV1Payload }>(`SELECT payload FROM gateway.event_outbox WHERE event_type = 'api_usage.recorded' ORDER BY sequence`)).map(({ payload }) => payload);
  const callsIn = (events: readonly ApiUsageRecordedV1Payload[]) => Object.fromEntries(events.flatMap(({ tenantId, routes }) => routes.map(({ method, route, calls, byApiKeys, refused, failed }) => [`${tenantId} ${method} ${route}`, [calls, byApiKeys, refused, failed]])));

  it('is told by tenant and template, of people and keys alone', async () => {
    await using at = await setup();
    const { gateway, recorder } = at;
    const id = newId();
    const key = newApiKey('live', id);
    gateway.tenants.callers.apiKeys.set(id, { id, tenantId: tenantA, hash: hashApiKey(key), roles: ['owner'], scopes: ['audit.read'], expiresAt: null, status: 'active' });
    await gateway.send('GET', `/v1/tenants/${tenantA}/members/${newId()}?q=jane%40plinth.example`, gateway.bearer);
    await gateway.send('HEAD', `/v1/tenants/${tenantA}/members/${newId()}`, gateway.bearer);
    await gateway.send('GET', '/v1/audit/entries', { 'x-api-key': key });
    gateway.audit.answer = (_request, response) => void response.writeHead(503).end();
    await gateway.send('GET', '/v1/audit/entries', { ...gateway.bearer, 'x-tenant-id': tenantB });
    gateway.audit.answer = (_request, response) => void response.writeHead(404).end();
    await gateway.send('GET', '/v1/audit/entries', gateway.bearer);
    // Nobody's: open, unknown, the gateway's own, and without a good credential.
    for (const path of ['/v1/policies', '/nowhere', '/health', '/v1/openapi.json']) await gateway.send('GET', path, gateway.bearer);
    await gateway.send('GET', '/v1/audit/entries', { authorization: 'Bearer x' });
    // An answer is counted when it has gone out, which a client may see before.
    await eventually(async () => {
      await recorder.runOnce();
      const events = await told();
      expect(callsIn(events)).toEqual({
        [`${tenantA} GET /v1/tenants/{id}/members/{accountId}`]: [2, 0, 0, 0],
        [`${tenantA} GET /v1/audit/entries`]: [2, 1, 1, 0],
        [`${tenantB} GET /v1/audit/entries`]: [1, 0, 0, 1],
      });
      expect(events.map(({ userIds }) => userIds)).toEqual([[user.userId], [user.userId]]);
    });
    expect(JSON.stringify(await told())).not.toContain('jane');
    expect(await at.counted('told')).toBe(5);
  });

  it('is told by a gateway that stops, to the last call', async () => {
    await using at = await setup();
    const calls = Array.from({ length: 30 }, () => at.gateway.send('GET', '/v1/audit/entries', at.gateway.bearer));
    await Promise.all(calls);
    await at.gateway.app.close();
    expect(callsIn(await told())).toEqual({ [`${tenantA} GET /v1/audit/entries`]: [30, 0, 0, 0] });
  });

  it('holds nobody up while PostgreSQL is away, and is told once when it is back', async () => {
    const door = await openDoor(database.appUrl(schema), '5432');
    const url = new URL(database.appUrl(schema));
    url.host = door.address;
    await using at = await setup(url.href);
    try {
      await door.shut();
      const statuses = [];
      for (let sent = 0; sent < 10; sent += 1) statuses.push((await at.gateway.send('GET', '/v1/audit/entries', at.gateway.bearer)).status);
      expect(statuses).toEqual(Array(10).fill(200));
      await eventually(() => expect(at.recorder.runOnce()).rejects.toMatchObject({ status: 503 }));
      expect((await at.gateway.send('GET', '/v1/audit/entries', at.gateway.bearer)).status).toBe(200);
      await door.open();
      await eventually(async () => {
        await at.recorder.runOnce();
        expect((await told()).flatMap(({ routes }) => routes).reduce((sum, { calls }) => sum + calls, 0)).toBe(11);
      });
      expect(await at.counted('told')).toBe(11);
    } finally {
      await door.shut();
    }
  });

  it('is told once where a commit was not heard of', async () => {
    await using at = await setup();
    const { transactor } = at.recorder as unknown as { transactor: { run: (...args: unknown[]) => Promise<unknown> } };
    const run = transactor.run.bind(transactor);
    let unheard = 1;
    transactor.run = async (...args) => {
      await run(...args);
      if (unheard-- > 0) throw new Error('the connection broke behind the commit');
    };
    await at.gateway.send('GET', '/v1/audit/entries', at.gateway.bearer);
    await eventually(() => expect(at.recorder.runOnce()).rejects.toThrow('behind the commit'));
    await at.recorder.runOnce();
    expect(callsIn(await told())).toEqual({ [`${tenantA} GET /v1/audit/entries`]: [1, 0, 0, 0] });
  });

  it('is counted as lost by a gateway that stops without its database', async () => {
    await using at = await setup('postgres://nobody@127.0.0.1:1/none');
    expect((await at.gateway.send('GET', '/v1/audit/entries', at.gateway.bearer)).status).toBe(200);
    await eventually(() => expect(at.recorder.runOnce()).rejects.toMatchObject({ status: 503 }));
    await at.recorder.stop();
    expect(await at.counted('lost')).toBe(1);
  });
});
