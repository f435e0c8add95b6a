import { jest } from '@jest/globals';
import { newId } from '@plinth/kernel';
import type { EndedBlock } from '@plinth/quotas';
import fc from 'fast-check';
import { setupLedger } from './testing.js';

/** What a schedule does next; `pick` chooses among what is there. */
type Step =
  | { readonly act: 'reserve'; readonly units: number }
  | { readonly act: 'settle'; readonly pick: number; readonly share: number }
  | { readonly act: 'release'; readonly pick: number }
  | { readonly act: 'lease'; readonly units: number }
  | { readonly act: 'endBlock'; readonly pick: number; readonly share: number }
  | { readonly act: 'crash'; readonly pick: number }
  | { readonly act: 'pass'; readonly seconds: number }
  | { readonly act: 'limit'; readonly units: number }
  | { readonly act: 'reset' };

const units = fc.integer({ min: 1, max: 60 });
const pick = fc.nat(1_000);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ act: fc.constant('reserve' as const), units }),
    // Up to half more than was reserved.
    fc.record({ act: fc.constant('settle' as const), pick, share: fc.double({ min: 0, max: 1.5, noNaN: true }) }),
    fc.record({ act: fc.constant('release' as const), pick }),
    fc.record({ act: fc.constant('lease' as const), units }),
    fc.record({ act: fc.constant('endBlock' as const), pick, share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ act: fc.constant('crash' as const), pick }),
    // From a moment to past the end of the month, and with it of leases, reservations and periods.
    fc.record({ act: fc.constant('pass' as const), seconds: fc.constantFrom(1, 20, 70, 1_000, 400_000, 2_700_000) }),
    fc.record({ act: fc.constant('limit' as const), units: fc.integer({ min: 0, max: 150 }) }),
    fc.record({ act: fc.constant('reset' as const) }),
  ),
  { minLength: 5, maxLength: 40 },
);

interface Held {
  readonly id: string;
  readonly units: number;
}

describe('whatever happens to the ledger', () => {
  let ledger: Awaited<ReturnType<typeof setupLedger>>;
  beforeAll(async () => {
    ledger = await setupLedger();
  });
  afterEach(() => void jest.restoreAllMocks());
  afterAll(() => ledger.close());

  /** Runs a schedule against PostgreSQL, and holds every step against what must be so. */
  async function run(schedule: readonly Step[], { client, clock, reset }: Awaited<ReturnType<typeof ledger.startReplica>>): Promise<void> {
    let nowMs = Date.UTC(2026, 9, 20);
    jest.spyOn(clock, 'read').mockImplementation(() => new Date(nowMs));
    const tenantId = await ledger.newTenant({ timeZone: 'Europe/Zurich' });
    let limit = 100;
    await ledger.limit(tenantId, 'ai_tokens', limit);
    const subject = { tenantId, metric: 'ai_tokens' } as const;
    const reservations: Held[] = [];
    const blocks: Held[] = [];
    let used = 0;
    let granted = 0;
    const taken = (from: Held[], at: number) => (from.length === 0 ? undefined : from.splice(at % from.length, 1)[0]);

    const acts: { [A in Step['act']]: (step: Extract<Step, { act: A }>) => Promise<void> } = {
      async reserve({ units: wanted }) {
        const id = newId();
        const answer = await client.reserve({ ...subject, reservationId: id, units: wanted, ttlSeconds: 900 }).catch((error: unknown) => {
          if ((error as { code?: string }).code !== 'quota_exhausted') throw error;
        });
        if (answer !== undefined) reservations.push({ id, units: wanted });
        if (answer !== undefined) granted += wanted;
      },
      async settle({ pick: at, share }) {
        const held = taken(reservations, at);
        if (held === undefined) return;
        const spent = Math.round(held.units * share);
        await client.settle({ ...subject, reservationId: held.id, units: spent });
        used += spent;
      },
      async release({ pick: at }) {
        const held = taken(reservations, at);
        if (held !== undefined) await client.release({ ...subject, reservationId: held.id });
      },
      async lease({ units: wanted }) {
        const id = newId();
        const answer = await client.lease({ ...subject, leaseId: id, units: wanted, atLeast: 1, ended: [] });
        if (answer.units > 0) blocks.push({ id, units: answer.units });
        granted += answer.units;
      },
      async endBlock({ pick: at, share }) {
        const held = taken(blocks, at);
        if (held === undefined) return;
        const ended: EndedBlock[] = [{ leaseId: held.id, used: Math.round(held.units * share) }];
        await client.endBlocks({ ...subject, ended });
        used += ended[0]?.used ?? 0;
      },
      async crash({ pick: at }) {
        // Its holder never tells: all of it counts.
        used += taken(at % 2 === 0 ? blocks : reservations, at)?.units ?? 0;
      },
      async pass({ seconds }) {
        nowMs += seconds * 1_000;
      },
      async limit({ units: next }) {
        limit = next;
        await ledger.limit(tenantId, 'ai_tokens', next);
      },
      async reset() {
        await reset(tenantId, 'ai_tokens');
        const opened = (await ledger.windows(tenantId, 'ai_tokens')).filter(({ closed }) => !closed);
        expect(opened).toEqual([expect.objectContaining({ settled: 0, reserved: 0, leased: 0, overrun: 0, limit })]);
      },
    };

    let before = new Map<string | null, number>();
    for (const step of schedule) {
      const grantedBefore = granted;
      await acts[step.act](step as never);
      const windows = await ledger.windows(tenantId, 'ai_tokens');
      const sums = new Map(windows.map(({ period, settled, reserved, leased }) => [period, settled + reserved + leased]));
      for (const { period, limit: within, settled, reserved, leased } of windows) {
        // Only what was granted under a higher limit may stand above a lower one, and then it grows no more.
        if (settled + reserved + leased > within) expect(settled + reserved + leased).toBeLessThanOrEqual(before.get(period) ?? 0);
      }
      if (granted > grantedBefore) expect(sums.get(windows.at(-1)?.period ?? null)).toBeLessThanOrEqual(limit);
      before = sums;
    }
    // In the end every unit that was used stands in a period, within the limit or as overrun, and no other does.
    for (const { id } of reservations) await client.release({ ...subject, reservationId: id });
    await client.endBlocks({ ...subject, ended: blocks.map(({ id }) => ({ leaseId: id, used: 0 })) });
    nowMs += 100_000_000;
    await client.endBlocks({ ...subject, ended: [] });
    const windows = await ledger.windows(tenantId, 'ai_tokens');
    expect(new Set(windows.map(({ period }) => period)).size).toBe(windows.length);
    // Each threshold that a period has reached was told of once, whatever made it reach it.
    const told = await ledger.thresholds(tenantId);
    expect(new Set(told).size).toBe(told.length);
    for (const { period, limit: within, settled, overrun } of windows) {
      for (const threshold of [80, 100]) if (within > 0 && settled + overrun >= (within * threshold) / 100) expect(told).toContain(`${period} ${threshold}`);
    }
    expect(windows.reduce((sum, { settled, overrun }) => sum + settled + overrun, 0)).toBe(used);
    for (const { reserved, leased } of windows) expect([reserved, leased]).toEqual([0, 0]);
  }

  it('what is settled, reserved and leased stays within the limit, and what was used is counted once', async () => {
    const replica = await ledger.startReplica();
    await fc.assert(
      fc.asyncProperty(steps, (schedule) => run(schedule, replica)),
      { numRuns: 60 },
    );
  }, 120_000);
});
