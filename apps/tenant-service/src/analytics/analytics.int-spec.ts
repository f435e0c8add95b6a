import { ApiUsageRecordedV1, callDurationBuckets, RoleCreatedV1, type ApiUsageRecordedV1Payload, type EventDefinition, type RouteUsageV1 } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { encodeEvent, EventProducer } from '@plinth/kafka';
import { silentLogger, testKafka } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { eventually, testKafkaBrokers } from '@plinth/testing';
import { bootTenantService } from '../testing.js';
import type { AnalyticsView } from './analytics-views.js';
import { UsageCountingService } from './usage-counting.service.js';

describe('usage analytics', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let transactor: Transactor;
  beforeAll(async () => {
    service = await bootTenantService({ brokers: testKafkaBrokers() });
    transactor = service.app.get(Transactor, { strict: false });
  });
  afterAll(() => service.close());

  const setup = async (timeZone = 'UTC') => {
    const { owner, tenant, user } = await service.register();
    await service.database.query('UPDATE tenancy.tenant SET time_zone = $2 WHERE id = $1', [tenant.id, timeZone]);
    return { owner, tenantId: tenant.id, accountId: user.id };
  };
  const routeUsage = (route: string, calls: number, over: Partial<RouteUsageV1> = {}): RouteUsageV1 => ({
    ...{ method: 'GET', route, calls, byApiKeys: 0, refused: 0, failed: 0 },
    durations: Array.from({ length: callDurationBuckets }, (_, place) => (place === 1 ? calls : 0)),
    ...over,
  });
  const usage = (tenantId: string, from: string, routes: RouteUsageV1[], userIds: string[] = []): ApiUsageRecordedV1Payload => ({ tenantId, from, until: new Date(Date.parse(from) + 10_000).toISOString(), routes, userIds });
  const inTenant = <T>(tenantId: string | null, work: (tx: Tx) => Promise<T>) => transactor.run({ tenantId, principalId: null }, work);
  const count = (payload: ApiUsageRecordedV1Payload) => inTenant(payload.tenantId, (tx) => service.app.get(UsageCountingService, { strict: false }).countCalls(tx, payload));
  const read = async (as: Principal, query = '', tenantId = as.tenantId) => {
    const { status, json } = await service.call('GET', `/v1/tenants/${tenantId}/analytics${query}`, { as });
    return { status, body: json() as unknown as AnalyticsView & { code: string } };
  };

  it('counts each event once, however often it is delivered', async () => {
    const { owner, tenantId, accountId } = await setup();
    const producer = new EventProducer({ kafka: testKafka(testKafkaBrokers()), logger: silentLogger });
    const message = ({ topic, type, version, aggregateType }: EventDefinition, payload: object) => ({
      topic,
      ...encodeEvent({ id: newId(), source: 'plinth/test', type, version, aggregateType, aggregateId: tenantId, time: new Date('2026-05-04T12:00:00Z'), tenantId, sequence: null, traceparent: null }, JSON.stringify(payload)),
    });
    const role = { tenantId, roleId: newId(), capabilities: [] };
    const calls = message(ApiUsageRecordedV1, usage(tenantId, '2026-05-04T12:00:00Z', [routeUsage('/v1/api-keys', 3, { byApiKeys: 1 })], [accountId, newId()]));
    const other = message(ApiUsageRecordedV1, usage(tenantId, '2026-05-04T12:00:10Z', [routeUsage('/v1/api-keys', 4)], [accountId]));
    const made = message(RoleCreatedV1, role);
    for (const outcome of await producer.publish([calls, made, calls, made, calls, other])) expect(outcome).toEqual({ kind: 'acknowledged' });
    await producer.close();
    await eventually(
      async () => {
        const { body } = await read(owner, '?from=2026-05-01&to=2026-05-31');
        expect(body).toMatchObject({ calls: 7, activeUsers: 2, created: [{ kind: 'roles', count: 1 }], countedUntil: '2026-05-04T12:00:20.000Z' });
        expect(body.routes).toMatchObject([{ route: '/v1/api-keys', feature: 'api_keys', calls: 7, byApiKeys: 1 }]);
        // Delivered, and dropped as known: nothing more is to come.
        const inbox = await service.database.query(`SELECT FROM tenancy.inbox WHERE source = 'plinth/test'`);
        expect(inbox).toHaveLength(3);
      },
      { withinMs: 25_000 },
    );
  });

  it('goes by the days of the tenant’s time zone, those with 23 and 25 hours too', async () => {
    const { owner, tenantId } = await setup('Europe/Berlin');
    for (const from of ['2026-03-28T22:59:59Z', '2026-03-28T23:00:00Z', '2026-03-29T21:59:59Z', '2026-03-29T22:00:00Z', '2026-10-24T21:59:59Z', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', '2026-10-25T23:00:00Z']) {
      await count(usage(tenantId, from, [routeUsage('/v1/models', 1)]));
    }
    const days = async (query: string) => (await read(owner, query)).body.series.map(({ period, calls }) => [period, calls]);
    expect(await days('?from=2026-03-01&to=2026-03-31')).toEqual([['2026-03-28', 1], ['2026-03-29', 2], ['2026-03-30', 1]]);
    expect(await days('?from=2026-10-25&to=2026-10-25')).toEqual([['2026-10-25', 2]]);
    expect(await days('?from=2026-03-01&to=2026-10-31&granularity=month')).toEqual([['2026-03', 4], ['2026-10', 4]]);
  });

  it('adds up what is counted at the same time, in whatever order it names its routes', async () => {
    const { owner, tenantId } = await setup();
    const people = Array.from({ length: 30 }, () => newId());
    const routes = Array.from({ length: 20 }, (_, n) => routeUsage(`/v1/${n}`, n + 1, { failed: 1 }));
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => count(usage(tenantId, '2026-05-04T12:00:00Z', n % 2 === 0 ? routes : routes.toReversed(), n % 2 === 0 ? people : people.toReversed()))),
    );
    const { body } = await read(owner, '?from=2026-05-04&to=2026-05-04');
    expect(body).toMatchObject({ calls: 20 * 210, activeUsers: 30 });
    expect(body.routes).toHaveLength(20);
    for (const { failed, p50Ms } of body.routes) expect([failed, p50Ms]).toEqual([20, 8]);
  });

  it('shows features, adoption and what is slow', async () => {
    const { owner, tenantId, accountId } = await setup();
    const slow = routeUsage('/v1/audit/entries', 20, { durations: [...Array(10).fill(0), 20, ...Array(callDurationBuckets - 11).fill(0)] });
    await count(usage(tenantId, '2026-05-04T12:00:00Z', [routeUsage('/v1/api-keys', 100, { refused: 2 }), slow, routeUsage('/v1/auth/me', 19)], [accountId, newId()]));
    const { body } = await read(owner, '?from=2026-05-01&to=2026-05-31');
    expect(body.features.filter(({ calls }) => calls > 0)).toEqual([{ feature: 'api_keys', available: true, calls: 100 }, { feature: 'audit', available: true, calls: 20 }]);
    expect(body.adoption).toEqual({ members: 1, activeMembers: 1, memberPercent: 100, featuresUsed: 2, featuresAvailable: body.features.length, featurePercent: Math.floor(200 / body.features.length) });
    expect(body.activeUsers).toBe(2);
    expect(body.slowest).toEqual([
      { method: 'GET', route: '/v1/audit/entries', calls: 20, p95Ms: 2_425 },
      { method: 'GET', route: '/v1/api-keys', calls: 100, p95Ms: 10 },
    ]);
    expect(JSON.stringify(body)).not.toContain(accountId);
  });

  it('is the present month of who asks for no other, and nothing where nothing was counted', async () => {
    const { owner } = await setup();
    const { status, body } = await read(owner);
    expect([status, body.from.slice(0, 7), body.from.slice(8)]).toEqual([200, body.to.slice(0, 7), '01']);
    expect((await read(owner, '?from=2020-01-01&to=2020-12-31')).body).toMatchObject({ calls: 0, created: [], routes: [], series: [], activeUsers: 0, adoption: { members: 1, memberPercent: 0, featuresUsed: 0 } });
  });

  it('is of no period that is none', async () => {
    const { owner } = await setup();
    for (const query of ['from=2026-05-02&to=2026-05-01', 'from=2024-01-01&to=2025-01-01', 'from=2199-01-01']) {
      expect([(await read(owner, `?${query}`)).status, (await read(owner, `?${query}`)).body.code]).toEqual([422, 'analytics_period_invalid']);
    }
    // What is no day at all is malformed, as in every query.
    for (const query of ['from=2026-13-01', 'to=2026-02-30', 'from=yesterday', 'from=2026-05-01T00:00:00Z', 'granularity=hour', 'by=day']) expect((await read(owner, `?${query}`)).status).toBe(400);
  });

  it('is for owners and administrators, of their own tenant alone', async () => {
    const [{ owner }, other] = [await setup(), await setup()];
    for (const [role, status] of [['admin', 200], ['member', 403], ['viewer', 403]] as const) expect((await read({ ...owner, roles: [role] })).status).toBe(status);
    expect((await read(owner, '', other.tenantId)).status).toBe(404);
    expect((await read(owner, '', newId())).status).toBe(404);
  });

  it('shows operators how much each tenant uses, a page at a time, and nobody else', async () => {
    const [one, other] = [await setup(), await setup()];
    for (const { tenantId, accountId } of [one, other]) await count(usage(tenantId, '2024-05-04T12:00:00Z', [routeUsage('/v1/api-keys', 5, { failed: 1 }), routeUsage('/v1/auth/me', 2)], [accountId, newId()]));
    const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_VIEWER'] };
    const page = async (query: string) => (await service.call('GET', `/v1/admin/analytics?from=2024-05-01&to=2024-05-31&limit=1${query}`, { as: operator })).json() as unknown as { data: object[]; nextCursor: string };
    const [first, expected] = [await page(''), { calls: 7, failed: 1, created: 0, adoption: { members: 1, activeMembers: 1, memberPercent: 100, featuresUsed: 1 } }];
    expect(first.data).toMatchObject([{ id: other.tenantId, ...expected }]);
    expect((await page(`&cursor=${first.nextCursor}`)).data).toMatchObject([{ id: one.tenantId, ...expected }]);
    expect((await service.call('GET', `/v1/admin/analytics?cursor=${first.nextCursor}`, { as: operator })).status).toBe(400);
    expect((await service.call('GET', '/v1/admin/analytics?from=2024-05-02&to=2024-05-01', { as: operator })).status).toBe(422);
    expect((await service.call('GET', '/v1/admin/analytics', { as: one.owner })).status).toBe(403);
  });

  it('counts into no other tenant than the event’s, and for none that is not there', async () => {
    const [mine, other] = [await setup(), await setup()];
    const payload = usage(other.tenantId, '2026-05-04T12:00:00Z', [routeUsage('/v1/models', 1)], [newId()]);
    const counting = service.app.get(UsageCountingService, { strict: false });
    await inTenant(mine.tenantId, (tx) => counting.countCalls(tx, payload));
    await inTenant(null, (tx) => counting.countCalls(tx, payload));
    await count({ ...payload, tenantId: newId() });
    for (const table of ['usage_route_day', 'usage_active_user_day']) {
      await count(payload);
      const seen = (tenantId: string | null) => inTenant(tenantId, (tx) => tx.query(`SELECT FROM tenancy.${table} WHERE tenant_id = $1`, [other.tenantId]));
      expect([(await seen(other.tenantId)).length, await seen(mine.tenantId), await seen(null)]).toEqual([1, [], []]);
    }
    const forged = inTenant(mine.tenantId, (tx) => tx.query(`INSERT INTO tenancy.usage_created_day (tenant_id, day, kind, things) VALUES ($1, now(), 'roles', 1)`, [other.tenantId]));
    await expect(forged).rejects.toMatchObject({ code: '42501' });
  });

  it('forgets who came when the days are past, unless a hold keeps them, and never of the last month', async () => {
    const [{ tenantId }, held] = [await setup(), await setup()];
    const come = (id: string, daysAgo: number) => service.database.query(`INSERT INTO tenancy.usage_active_user_day (tenant_id, day, account_id) VALUES ($1, current_date - $2::int, $3)`, [id, daysAgo, newId()]);
    for (const daysAgo of [10, 390, 400, 500]) await come(tenantId, daysAgo);
    await come(held.tenantId, 400);
    await service.database.query(`INSERT INTO tenancy.legal_hold (id, tenant_id, reason, placed_by, by_operator, placed_at) VALUES ($1, $2, 'x', $1, true, now())`, [newId(), held.tenantId]);
    const enforce = (days: number) => transactor.runSystem('enforce_retention', (tx) => tx.query(`SELECT tenant_id, gone FROM tenancy.enforce_retention('usage_people', $1, 500) WHERE tenant_id = ANY ($2)`, [days, [tenantId, held.tenantId]]));
    expect(await enforce(396)).toEqual([{ tenant_id: tenantId, gone: 2 }]);
    expect(await enforce(1)).toEqual([{ tenant_id: tenantId, gone: 1 }]);
    expect(await service.database.query(`SELECT current_date - day AS ago FROM tenancy.usage_active_user_day WHERE tenant_id = $1`, [tenantId])).toEqual([{ ago: 10 }]);
  });

  it('keeps its counts and loses the person when an account is erased', async () => {
    const [{ owner, tenantId, accountId }, other] = [await setup(), await setup()];
    for (const id of [tenantId, other.tenantId]) for (const day of ['04', '05']) await count(usage(id, `2026-05-${day}T12:00:00Z`, [], [accountId, other.accountId]));
    const erasureId = newId();
    const asPerson = <T>(work: (tx: Tx) => Promise<T>) => transactor.run({ tenantId: null, principalId: accountId }, work);
    await asPerson((tx) => tx.query(`INSERT INTO tenancy.erasure (id, account_id, receipt_hash, requested_at, due_at) VALUES ($1, $2, $3, now(), now() + interval '1 day')`, [erasureId, accountId, Buffer.from(erasureId)]));
    await asPerson((tx) => tx.query('SELECT tenancy.erase_account($1, now())', [erasureId]));
    const rows = await service.database.query<{ tenant_id: string; account_id: string }>('SELECT tenant_id, account_id FROM tenancy.usage_active_user_day WHERE tenant_id = ANY ($1)', [[tenantId, other.tenantId]]);
    expect(rows).toHaveLength(8);
    const strangers = rows.filter(({ account_id: id }) => id !== other.accountId);
    expect(strangers.map(({ account_id: id }) => id)).not.toContain(accountId);
    // One in each tenant, and not the same.
    expect(new Set(strangers.map(({ account_id: id }) => id)).size).toBe(2);
    expect((await read(owner, '?from=2026-05-01&to=2026-05-31')).body.activeUsers).toBe(2);
    const [erased] = await service.database.query<{ rows: number }>(`SELECT (erased ->> 'usage_active_user_day')::int AS rows FROM tenancy.erasure WHERE id = $1`, [erasureId]);
    expect(erased?.rows).toBe(4);
  });

  it('needs no Kafka to serve: without it the service is ready, and degraded', async () => {
    const alone = await bootTenantService();
    try {
      const answer = await alone.app.inject({ method: 'GET', url: '/health/ready' });
      expect([answer.statusCode, answer.json<{ degraded: string[] }>().degraded]).toEqual([200, ['kafka']]);
      expect((await alone.app.inject({ method: 'GET', url: '/health/live' })).statusCode).toBe(200);
    } finally {
      await alone.close();
    }
  });
});
