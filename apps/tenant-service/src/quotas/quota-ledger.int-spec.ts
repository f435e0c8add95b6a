import { jest } from '@jest/globals';
import { newId } from '@plinth/kernel';
import type { LeaseRequest } from '@plinth/quotas';
import { bootTenantService } from '../testing.js';
import { setupLedger } from './testing.js';

type Replica = Awaited<ReturnType<Awaited<ReturnType<typeof setupLedger>>['startReplica']>>;

const ttlSeconds = 900;

let ledger: Awaited<ReturnType<typeof setupLedger>>;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  ledger = await setupLedger();
  [one, other] = await Promise.all([ledger.startReplica(), ledger.startReplica()]);
});
afterEach(() => void jest.restoreAllMocks());
afterAll(() => ledger.close());

/** From now on both replicas read this time. */
function at(time: string): void {
  for (const { clock } of [one, other]) jest.spyOn(clock, 'read').mockImplementation(() => new Date(time));
}

async function tenantWith(units: number, metric: 'ai_tokens' | 'api_calls' | 'documents' = 'ai_tokens', timeZone = 'UTC') {
  const tenantId = await ledger.newTenant({ timeZone });
  await ledger.limit(tenantId, metric, units);
  const subject = { tenantId, metric };
  return {
    subject,
    reserve: (reserved: number, reservationId = newId(), by = one) => by.client.reserve({ ...subject, reservationId, units: reserved, ttlSeconds }),
    settle: (reservationId: string, used: number, by = one) => by.client.settle({ ...subject, reservationId, units: used }),
    release: (reservationId: string, by = one) => by.client.release({ ...subject, reservationId }),
    lease: (wanted: number, over: Partial<LeaseRequest> = {}, by = one) => by.client.lease({ ...subject, leaseId: newId(), units: wanted, atLeast: 1, ended: [], ...over }),
    async window() {
      const windows = await ledger.windows(tenantId, metric);
      return windows.at(-1);
    },
    windows: () => ledger.windows(tenantId, metric),
  };
}

const exhausted = expect.objectContaining({ code: 'quota_exhausted', status: 429 });

describe('a reservation', () => {
  it('is counted before it is used, and settled with what was used', async () => {
    const { reserve, settle, window } = await tenantWith(100);
    const { reservationId } = await reserve(80);
    expect(await window()).toMatchObject({ settled: 0, reserved: 80 });
    await expect(reserve(21)).rejects.toEqual(exhausted);
    expect(await settle(reservationId, 30)).toEqual({ state: 'settled', units: 80, used: 30 });
    expect(await window()).toMatchObject({ settled: 30, reserved: 0 });
    await reserve(70);
  });

  it('is one however often it is asked for, and settled once', async () => {
    const { reserve, settle, window } = await tenantWith(100);
    const id = newId();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => reserve(10, id, index % 2 === 0 ? one : other)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await window()).toMatchObject({ reserved: 10 });
    await Promise.all(Array.from({ length: 10 }, (_, index) => settle(id, 7, index % 2 === 0 ? one : other)));
    expect(await window()).toMatchObject({ settled: 7, reserved: 0 });
  });

  it('is released as if it had never been', async () => {
    const { reserve, release, settle, window } = await tenantWith(100);
    const { reservationId } = await reserve(80);
    expect(await release(reservationId)).toEqual({ state: 'released', units: 80, used: 0 });
    expect(await release(reservationId)).toEqual({ state: 'released', units: 80, used: 0 });
    expect(await window()).toMatchObject({ settled: 0, reserved: 0 });
    await expect(settle(reservationId, 1)).rejects.toMatchObject({ code: 'quota_unconfirmed' });
  });

  it('of more than is left is refused with when there is more', async () => {
    const { reserve } = await tenantWith(10);
    const refused = await reserve(11).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'quota_exhausted',
      extra: { members: { metric: 'ai_tokens', limit: 10, resetsAt: expect.stringMatching(/-01T00:00:00/) }, headers: { ratelimit: expect.stringMatching(/^"ai_tokens";r=0;t=\d+$/), 'retry-after': expect.stringMatching(/^\d+$/) } },
    });
  });

  it('that was used beyond its units takes what is free, and is overrun for the rest: counted, shown, and made up for first', async () => {
    const { reserve, settle, release, window } = await tenantWith(100);
    const [big, small] = [await reserve(60), await reserve(30)];
    await settle(big.reservationId, 150);
    // 60 of its own and 10 that were free are within the limit; nothing of the other's 30 is.
    expect(await window()).toMatchObject({ limit: 100, settled: 70, reserved: 30, overrun: 80 });
    await expect(reserve(1)).rejects.toEqual(exhausted);
    await release(small.reservationId);
    expect(await window()).toMatchObject({ settled: 100, reserved: 0, overrun: 50 });
    await expect(reserve(1)).rejects.toEqual(exhausted);
  });

  it('that nobody told of counts as used when its time is over, and is corrected by whoever tells after all', async () => {
    at('2026-11-10T12:00:00Z');
    const { reserve, settle, window } = await tenantWith(100);
    const { reservationId } = await reserve(80);
    at('2026-11-10T12:15:00Z');
    const next = await reserve(5);
    expect(await window()).toMatchObject({ settled: 80, forfeited: 80, reserved: 5 });
    await settle(reservationId, 20);
    expect(await window()).toMatchObject({ settled: 20, forfeited: 0, reserved: 5 });
    await settle(next.reservationId, 5);
    expect(await window()).toMatchObject({ settled: 25, reserved: 0 });
  });

  it('that is settled after its period has ended counts to that period', async () => {
    at('2026-11-30T23:59:59Z');
    const { reserve, settle, windows } = await tenantWith(100);
    const { reservationId } = await reserve(80);
    at('2026-12-01T00:00:00Z');
    await reserve(100);
    await settle(reservationId, 90);
    expect(await windows()).toMatchObject([
      { period: '2026-11', settled: 90, reserved: 0, overrun: 0, closed: true },
      { period: '2026-12', settled: 0, reserved: 100, closed: false },
    ]);
  });

  it('stays granted where the limit is lowered below it; nothing more is', async () => {
    const { subject, reserve, settle, window } = await tenantWith(100);
    const { reservationId } = await reserve(80);
    await ledger.limit(subject.tenantId, 'ai_tokens', 10);
    await expect(reserve(1)).rejects.toEqual(exhausted);
    await settle(reservationId, 50);
    expect(await window()).toMatchObject({ limit: 10, settled: 50, reserved: 0 });
    await ledger.limit(subject.tenantId, 'ai_tokens', 60);
    await reserve(10);
    await expect(reserve(1)).rejects.toEqual(exhausted);
  });

  it('of a standing metric stands until it is released, in no period', async () => {
    at('2026-11-10T12:00:00Z');
    const { reserve, settle, release, windows } = await tenantWith(2, 'documents');
    const [first, second] = [await reserve(1), await reserve(1)];
    await settle(first.reservationId, 1);
    await settle(second.reservationId, 1);
    at('2027-03-01T00:00:00Z');
    await expect(reserve(1)).rejects.toEqual(exhausted);
    await release(first.reservationId);
    await release(first.reservationId);
    await reserve(1);
    expect(await windows()).toMatchObject([{ period: null, settled: 1, reserved: 1, closed: false }]);
  });
});

describe('the period', () => {
  it('is the month of the tenant’s time zone, over a change of clocks too', async () => {
    at('2026-10-31T22:59:59.999Z');
    const { reserve, windows } = await tenantWith(100, 'ai_tokens', 'Europe/Zurich');
    expect((await reserve(1)).period).toBe('2026-10');
    at('2026-10-31T23:00:00Z');
    expect((await reserve(100)).period).toBe('2026-11');
    expect(await windows()).toMatchObject([{ period: '2026-10', reserved: 1 }, { period: '2026-11', reserved: 100 }]);
  });

  it('is one of two that are begun at the same time by both replicas', async () => {
    const { subject, reserve } = await tenantWith(100);
    await Promise.all(Array.from({ length: 20 }, (_, index) => reserve(1, newId(), index % 2 === 0 ? one : other)));
    expect(await ledger.windows(subject.tenantId, subject.metric)).toMatchObject([{ reserved: 20 }]);
  });

  it('is not had twice by a tenant that moves west, and has no gap for one that moves east', async () => {
    at('2026-11-15T12:00:00Z');
    const { subject, reserve, windows } = await tenantWith(100);
    await reserve(100);
    await ledger.query('UPDATE tenancy.tenant SET time_zone = $2 WHERE id = $1', [subject.tenantId, 'America/Los_Angeles']);
    at('2026-11-30T23:59:59Z');
    await expect(reserve(1)).rejects.toEqual(exhausted);
    // There it is November still, which this tenant has had.
    at('2026-12-01T00:00:00Z');
    expect((await reserve(100)).period).toBe('2026-12');
    await ledger.query('UPDATE tenancy.tenant SET time_zone = $2 WHERE id = $1', [subject.tenantId, 'Asia/Tokyo']);
    at('2027-01-01T07:59:59Z');
    await expect(reserve(1)).rejects.toEqual(exhausted);
    at('2027-01-01T08:00:00Z');
    expect((await reserve(1)).period).toBe('2027-01');
    expect(await windows()).toMatchObject([{ period: '2026-11' }, { period: '2026-12' }, { period: '2027-01' }]);
  });
});

describe('a block', () => {
  it('is leased, spent elsewhere, and its rest is free when it is told of', async () => {
    const { subject, lease, window } = await tenantWith(1_000, 'api_calls');
    const leaseId = newId();
    const block = await lease(100, { leaseId });
    expect(block).toMatchObject({ units: 100, expiresInMs: 60_000, limit: 1_000, remaining: 900 });
    expect(await window()).toMatchObject({ leased: 100, settled: 0 });
    await one.client.endBlocks({ ...subject, ended: [{ leaseId, used: 40 }] });
    await other.client.endBlocks({ ...subject, ended: [{ leaseId, used: 40 }] });
    expect(await window()).toMatchObject({ leased: 0, settled: 40, forfeited: 0 });
  });

  it('is the same one where its answer was lost', async () => {
    const { lease, window } = await tenantWith(1_000, 'api_calls');
    const leaseId = newId();
    await lease(100, { leaseId });
    expect(await lease(100, { leaseId }, other)).toMatchObject({ units: 100 });
    expect(await window()).toMatchObject({ leased: 100 });
  });

  it('shrinks to one near the limit, and is none at the limit', async () => {
    const { lease } = await tenantWith(100, 'api_calls');
    const sizes: number[] = [];
    for (;;) {
      const { units } = await lease(1_000);
      if (units === 0) break;
      sizes.push(units);
    }
    expect(sizes[0]).toBe(12);
    expect(sizes.at(-1)).toBe(1);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes.reduce((sum, size) => sum + size)).toBe(100);
  });

  it('of a holder that crashed is forfeited when its time is over: counted as used, and shown as what it is', async () => {
    at('2026-11-10T12:00:00Z');
    const { subject, lease, window } = await tenantWith(1_000, 'api_calls');
    const leaseId = newId();
    await lease(100, { leaseId });
    at('2026-11-10T12:00:59.999Z');
    await lease(50);
    expect(await window()).toMatchObject({ leased: 150, forfeited: 0 });
    at('2026-11-10T12:01:00Z');
    await lease(50);
    expect(await window()).toMatchObject({ leased: 100, settled: 100, forfeited: 100 });
    // It was not dead, only long away: it had stopped in time, and knows what it spent.
    await one.client.endBlocks({ ...subject, ended: [{ leaseId, used: 3 }] });
    expect(await window()).toMatchObject({ leased: 100, settled: 3, forfeited: 0 });
  });

  it('ends with its period, to which its units count', async () => {
    at('2026-11-30T23:59:50Z');
    const { subject, lease, windows } = await tenantWith(1_000, 'api_calls');
    const leaseId = newId();
    expect(await lease(100, { leaseId })).toMatchObject({ units: 100, expiresInMs: 10_000, resetsInMs: 10_000, period: '2026-11' });
    at('2026-12-01T00:00:00Z');
    expect(await lease(200)).toMatchObject({ units: 125, period: '2026-12' });
    expect(await windows()).toMatchObject([
      { period: '2026-11', settled: 100, leased: 0, forfeited: 100, closed: true },
      { period: '2026-12', leased: 125 },
    ]);
    await one.client.endBlocks({ ...subject, ended: [{ leaseId, used: 60 }] });
    expect(await windows()).toMatchObject([{ period: '2026-11', settled: 60, forfeited: 0 }, { period: '2026-12', settled: 0, leased: 125 }]);
  });
});

describe('a threshold', () => {
  it('is told of once a period: 80 and 100 percent of what is used', async () => {
    at('2026-11-10T12:00:00Z');
    const { subject, reserve, settle } = await tenantWith(100);
    const use = async (units: number) => await settle((await reserve(units)).reservationId, units);
    await use(79);
    expect(await ledger.thresholds(subject.tenantId)).toEqual([]);
    await use(1);
    await use(5);
    expect(await ledger.thresholds(subject.tenantId)).toEqual(['2026-11 80']);
    await use(15);
    at('2026-12-10T12:00:00Z');
    await use(100);
    expect(await ledger.thresholds(subject.tenantId)).toEqual([
      '2026-11 80',
      '2026-11 100',
      '2026-12 80',
      '2026-12 100',
    ]);
  });

  it('that only a forfeit reaches is told of, at the end of the period, after it, and by a reset', async () => {
    at('2026-11-30T23:50:00Z');
    const { subject, reserve, settle, windows } = await tenantWith(100);
    await reserve(85);
    at('2026-12-01T00:10:00Z');
    // The first word of December: November's reservation has expired.
    const { reservationId } = await reserve(70);
    expect(await ledger.thresholds(subject.tenantId)).toEqual(['2026-11 80']);
    at('2026-12-31T23:50:00Z');
    const late = await reserve(30);
    await settle(reservationId, 70);
    at('2027-01-01T00:00:00Z');
    // December is closed, and its last reservation has not expired yet.
    await reserve(90);
    expect(await ledger.thresholds(subject.tenantId)).toEqual(['2026-11 80']);
    at('2027-01-01T00:05:00Z');
    await one.reset(subject.tenantId, 'ai_tokens');
    expect(await ledger.thresholds(subject.tenantId)).toEqual(['2026-11 80', '2026-12 80', '2026-12 100']);
    at('2027-01-01T00:20:00Z');
    await reserve(1);
    // What January's first window held when it was reset is forfeited there.
    expect(await ledger.thresholds(subject.tenantId)).toEqual(['2026-11 80', '2026-12 80', '2026-12 100', '2027-01 80']);
    // What is corrected is not told of again.
    await settle(late.reservationId, 30);
    expect(await ledger.thresholds(subject.tenantId)).toHaveLength(4);
    expect(await windows()).toMatchObject([
      { period: '2026-11', settled: 85 },
      { period: '2026-12', settled: 100, forfeited: 0 },
      { period: '2027-01', settled: 90, forfeited: 90 },
      { period: '2027-01.2', settled: 0, reserved: 1 },
    ]);
  });

  it('that a late settlement reaches in a period that is closed is told of', async () => {
    at('2026-11-30T23:59:00Z');
    const { subject, reserve, settle } = await tenantWith(100);
    const { reservationId } = await reserve(85);
    at('2026-12-01T00:00:00Z');
    await settle(reservationId, 82);
    expect(await ledger.thresholds(subject.tenantId)).toEqual(['2026-11 80']);
  });
});

describe('the internal routes of the ledger', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const gateway = { type: 'service', id: 'gateway', tenantId: null, roles: [] } as const;
  const call = (act: string, body: object, as: Parameters<typeof service.identity>[2] = gateway) => service.call('POST', `/internal/v1/quotas/${act}`, { as, body, key: null });
  const acts = ['reserve', 'settle', 'release', 'lease', 'end-blocks', 'close-periods'];

  it('are for services alone', async () => {
    const { owner } = await service.register();
    for (const act of acts) {
      expect((await call(act, {}, owner)).status).toBe(403);
      expect((await call(act, {}, { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] })).status).toBe(403);
      expect((await service.call('POST', `/internal/v1/quotas/${act}`, { body: {} })).status).toBe(401);
    }
  });

  it('know neither another tenant’s grant nor a tenant that is none', async () => {
    const [mine, theirs] = [await service.register(), await service.register()];
    const reservationId = newId();
    const subject = { tenantId: theirs.tenant.id, metric: 'ai_tokens' };
    expect((await call('reserve', { ...subject, reservationId, units: 5, ttlSeconds })).status).toBe(200);
    const foreign = await call('settle', { ...subject, tenantId: mine.tenant.id, reservationId, units: 5 });
    expect(foreign.json()).toMatchObject({ status: 404, code: 'quota_grant_not_found' });
    expect((await call('reserve', { ...subject, tenantId: newId(), reservationId: newId(), units: 5, ttlSeconds })).json()).toMatchObject({ status: 404, code: 'tenant_not_found' });
  });

  it('refuse an id for another use: 409', async () => {
    const { tenant } = await service.register();
    const grant = { tenantId: tenant.id, metric: 'ai_tokens', reservationId: newId() };
    await call('reserve', { ...grant, units: 5, ttlSeconds });
    expect((await call('reserve', { ...grant, units: 6, ttlSeconds })).json()).toMatchObject({ status: 409, code: 'quota_grant_conflict' });
    expect((await call('settle', { ...grant, metric: 'analyses', units: 5 })).status).toBe(409);
    expect((await call('lease', { tenantId: tenant.id, metric: 'ai_tokens', leaseId: grant.reservationId, units: 1, atLeast: 1, ended: [] })).status).toBe(409);
    expect((await call('settle', { ...grant, units: 5 })).status).toBe(200);
    expect((await call('settle', { ...grant, units: 4 })).status).toBe(409);
    expect((await call('release', grant)).status).toBe(409);
  });

  it.each([
    ['units that are none', { units: 0 }],
    ['a part of a unit', { units: 1.5 }],
    ['fewer than no units', { units: -1 }],
    ['more units than a number holds', { units: 2 ** 53 }],
    ['an unknown metric', { metric: 'constructor' }],
    ['no id', { reservationId: 'x' }],
    ['an unknown field', { holder: 'x' }],
  ])('refuse %s with 422', async (_, over) => {
    const answer = await call('reserve', { tenantId: newId(), metric: 'ai_tokens', reservationId: newId(), units: 1, ttlSeconds, ...over });
    expect(answer.status).toBe(422);
  });
});
