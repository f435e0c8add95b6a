import { jest } from '@jest/globals';
import { newId } from '@plinth/kernel';
import { setupLedger } from './testing.js';

type Replica = Awaited<ReturnType<Awaited<ReturnType<typeof setupLedger>>['startReplica']>>;

describe('periods that are over', () => {
  let ledger: Awaited<ReturnType<typeof setupLedger>>;
  let one: Replica;
  let other: Replica;
  beforeEach(async () => {
    ledger = await setupLedger();
    [one, other] = await Promise.all([ledger.startReplica(), ledger.startReplica()]);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await ledger.close();
  });

  function at(time: string): void {
    for (const { clock } of [one, other]) jest.spyOn(clock, 'read').mockImplementation(() => new Date(time));
  }

  async function tenantWith(units: number, timeZone = 'UTC') {
    const tenantId = await ledger.newTenant({ timeZone });
    await ledger.limit(tenantId, 'ai_tokens', units);
    const subject = { tenantId, metric: 'ai_tokens' } as const;
    return {
      tenantId,
      reserve: (reserved: number) => one.client.reserve({ ...subject, reservationId: newId(), units: reserved, ttlSeconds: 900 }),
      settle: (reservationId: string, used: number) => one.client.settle({ ...subject, reservationId, units: used }),
      windows: () => ledger.windows(tenantId, 'ai_tokens'),
      /** What was told of ends: events, and entries of the trail. */
      told: () =>
        ledger.query<{ what: string; period: string; used: number; forfeited: number }>(
          `SELECT coalesce(payload ->> 'action', event_type) AS what, coalesce(payload -> 'after', payload) ->> 'period' AS period,
             (coalesce(payload -> 'after', payload) ->> 'used')::int AS used, (coalesce(payload -> 'after', payload) ->> 'forfeited')::int AS forfeited
           FROM tenancy.event_outbox WHERE tenant_id = $1 AND (event_type = 'quota.period_ended' OR payload ->> 'action' = 'quota.close_period') ORDER BY sequence`,
          [tenantId],
        ),
    };
  }

  const end = (period: string, used: number, forfeited = 0) => [
    { what: 'quota.period_ended', period, used, forfeited },
    { what: 'quota.close_period', period, used, forfeited },
  ];

  it('are closed and told of once, by event and in the tenant’s trail, however often and by how many it is asked', async () => {
    at('2026-11-10T12:00:00Z');
    const { reserve, settle, told, windows } = await tenantWith(100);
    await settle((await reserve(60)).reservationId, 42);
    expect(await one.closePeriods()).toEqual({ closed: 0, more: false });
    at('2026-12-01T00:00:00Z');
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? one : other).closePeriods()));
    expect(answers.reduce((sum, { closed }) => sum + closed, 0)).toBe(1);
    expect(await told()).toEqual(end('2026-11', 42));
    // Nothing is opened: the next period begins with its first use, and then has its whole limit.
    expect(await windows()).toMatchObject([{ period: '2026-11', settled: 42, closed: true }]);
    await reserve(100);
    expect(await windows()).toMatchObject([{ period: '2026-11' }, { period: '2026-12', reserved: 100, closed: false }]);
    expect(await one.closePeriods()).toEqual({ closed: 0, more: false });
  });

  it('wait for what is held, and tell of thresholds that the end reaches', async () => {
    at('2026-11-30T23:55:00Z');
    const { tenantId, reserve, settle, told } = await tenantWith(100);
    const [settled] = [await reserve(10), await reserve(85)];
    at('2026-12-01T00:00:00Z');
    expect(await one.closePeriods()).toEqual({ closed: 0, more: false });
    await settle(settled.reservationId, 5);
    expect(await one.closePeriods()).toEqual({ closed: 0, more: false });
    expect(await ledger.thresholds(tenantId)).toEqual([]);
    at('2026-12-01T00:10:00Z');
    expect(await other.closePeriods()).toEqual({ closed: 1, more: false });
    expect(await told()).toEqual(end('2026-11', 90, 85));
    expect(await ledger.thresholds(tenantId)).toEqual(['2026-11 80']);
  });

  it('are those of the tenants’ own zones, also where nobody has used anything since', async () => {
    at('2026-11-10T12:00:00Z');
    const [zurich, tokyo] = [await tenantWith(10, 'Europe/Zurich'), await tenantWith(10, 'Asia/Tokyo')];
    for (const { reserve, settle } of [zurich, tokyo]) await settle((await reserve(1)).reservationId, 1);
    at('2026-11-30T15:00:00Z');
    expect(await one.closePeriods()).toMatchObject({ closed: 1 });
    expect([await zurich.told(), await tokyo.told()]).toEqual([[], end('2026-11', 1)]);
    at('2027-03-01T00:00:00Z');
    expect(await one.closePeriods()).toMatchObject({ closed: 1 });
    await zurich.reserve(1);
    expect(await zurich.windows()).toMatchObject([{ period: '2026-11', closed: true }, { period: '2027-03', closed: false }]);
  });

  it('that a reset has ended were told of by it, and are not told of again', async () => {
    at('2026-11-10T12:00:00Z');
    const { tenantId, reserve, settle, told } = await tenantWith(100);
    await settle((await reserve(3)).reservationId, 3);
    await one.reset(tenantId, 'ai_tokens');
    await settle((await reserve(2)).reservationId, 2);
    at('2026-12-01T00:00:00Z');
    expect(await one.closePeriods()).toMatchObject({ closed: 1 });
    expect(await told()).toEqual(end('2026-11.2', 2));
  });
});
