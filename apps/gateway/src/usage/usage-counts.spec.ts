import { callDurationBuckets, registeredEvents, ApiUsageRecordedV1 } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import fc from 'fast-check';
import { UsageCounts, type AnsweredCall, type UsageLimits } from './usage-counts.js';
import { usageEvents } from './usage-events.js';

const noon = Date.UTC(2026, 10, 27, 12);
const roomy: UsageLimits = { routes: 1_000, people: 1_000 };

function setup(limits: UsageLimits = roomy) {
  const dropped: string[] = [];
  const counts = new UsageCounts(limits, (what) => dropped.push(what));
  const call = (over: Partial<AnsweredCall> = {}, nowMs = noon) =>
    counts.add({ tenantId: 'a', userId: 'ann', method: 'GET', route: '/v1/tenants/{id}', status: 200, durationMs: 3, ...over }, nowMs);
  return { counts, call, dropped };
}

describe('UsageCounts', () => {
  it('counts calls by tenant and route, with who failed, was refused and came by a key, and each person once', () => {
    const { counts, call } = setup();
    call();
    call({ status: 404, durationMs: 80 });
    call({ status: 503, userId: null, durationMs: 1e6 });
    call({ method: 'PATCH', userId: 'bob' });
    call({ tenantId: 'b' });
    const [a, b, ...others] = counts.take();
    expect(others).toEqual([]);
    expect([a?.tenantId, [...(a?.userIds ?? [])], b?.tenantId]).toEqual(['a', ['ann', 'bob'], 'b']);
    const [get, patch] = [...(a?.routes.values() ?? [])];
    expect(get).toMatchObject({ method: 'GET', route: '/v1/tenants/{id}', calls: 3, byApiKeys: 1, refused: 1, failed: 1 });
    expect(get?.durations).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(patch).toMatchObject({ method: 'PATCH', calls: 1, byApiKeys: 0, refused: 0, failed: 0 });
    expect(counts.take()).toEqual([]);
  });

  it('parts what lies in different quarters of an hour, so that nothing spans a midnight of any zone', () => {
    const { counts, call } = setup();
    call({}, noon - 1);
    call({}, noon);
    call({}, noon + 899_999);
    expect(counts.take().map(({ fromMs, routes }) => [fromMs, [...routes.values()][0]?.calls])).toEqual([
      [noon - 1, 1],
      [noon, 2],
    ]);
  });

  it('keeps no more than it may, tells what it drops, and goes on counting what it has', () => {
    const { counts, call, dropped } = setup({ routes: 2, people: 1 });
    call();
    call({ route: '/b', userId: 'bob' });
    call({ route: '/c' });
    call({ tenantId: 'b' });
    call({}, noon + 900_000);
    call({ route: '/b' });
    expect(dropped).toEqual(['person', 'call', 'call', 'call', 'call']);
    expect(counts.take().map(({ routes, userIds }) => [routes.size, userIds.size])).toEqual([[2, 1]]);
    call({ route: '/c' });
    expect(counts.take()).toHaveLength(1);
  });

  it('loses nothing and doubles nothing, whatever is called and whenever it is taken', () => {
    const one = fc.record({ tenantId: fc.constantFrom('a', 'b', 'c'), route: fc.constantFrom('/a', '/b'), afterMs: fc.integer({ min: 0, max: 1_000_000 }), durationMs: fc.double({ min: 0, max: 1e5, noNaN: true }), take: fc.boolean() });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 200 }), (calls) => {
        const { counts, call, dropped } = setup();
        let nowMs = noon;
        const taken = calls.flatMap(({ afterMs, take, ...over }) => {
          nowMs += afterMs;
          call(over, nowMs);
          return take ? counts.take() : [];
        });
        const rows = [...taken, ...counts.take()].flatMap(({ routes }) => [...routes.values()]);
        expect(dropped).toEqual([]);
        expect(rows.reduce((sum, row) => sum + row.calls, 0)).toBe(calls.length);
        for (const { calls: total, durations } of rows) expect(durations.reduce((sum, n) => sum + n, 0)).toBe(total);
      }),
    );
  });
});

describe('usageEvents', () => {
  it('are as many as it takes to stay below what an event may have, with everything once', () => {
    const { counts, call } = setup({ routes: 2_000, people: 30_000 });
    const tenantId = newId();
    for (let n = 0; n < 25_000; n += 1) call({ tenantId, userId: newId(), route: `/v1/${'x'.repeat(190)}/${n % 1_200}` });
    const events = counts.take().flatMap((tenant) => usageEvents(tenant, new Date(noon + 10_000)));
    expect(events).toHaveLength(3);
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
    for (const { payload } of events) {
      expect(registeredEvents.violations(ApiUsageRecordedV1, payload)).toEqual([]);
      expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThan(900_000);
      expect(payload).toMatchObject({ tenantId, from: '2026-11-27T12:00:00.000Z', until: '2026-11-27T12:00:10.000Z' });
      for (const { durations } of payload.routes) expect(durations).toHaveLength(callDurationBuckets);
    }
    expect(events.flatMap(({ payload }) => payload.routes).reduce((sum, { calls }) => sum + calls, 0)).toBe(25_000);
    expect(new Set(events.flatMap(({ payload }) => payload.userIds)).size).toBe(25_000);
  });
});
