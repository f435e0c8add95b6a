import { randomInt } from 'node:crypto';
import { jest } from '@jest/globals';
import type { Problem } from '@plinth/kernel';
import { LeasedBlocks } from '@plinth/quotas';
import { quietLogger, setupLedger } from './testing.js';

/** Takes by gateways, each with its blocks, over two replicas of the service. */
describe('200 takes of which 10 are left', () => {
  let ledger: Awaited<ReturnType<typeof setupLedger>>;
  beforeAll(async () => {
    ledger = await setupLedger();
  });
  afterEach(() => void jest.restoreAllMocks());
  afterAll(() => ledger.close());

  async function twoHolders(limit: number) {
    const tenantId = await ledger.newTenant();
    await ledger.limit(tenantId, 'api_calls', limit);
    const replicas = [await ledger.startReplica(), await ledger.startReplica()];
    const holders = replicas.map(({ client }) => new LeasedBlocks({ ledger: client, metric: 'api_calls', logger: quietLogger }));
    const takes = async (from: readonly LeasedBlocks[], count: number) => {
      const outcomes = await Promise.allSettled(Array.from({ length: count }, async (_, index) => await from[index % from.length]?.take(tenantId)));
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => (reason as Problem).code);
      expect(new Set(refused).size).toBeLessThanOrEqual(1);
      return { passed: count - refused.length, refused: refused[0] };
    };
    const window = async () => (await ledger.windows(tenantId, 'api_calls')).at(-1);
    return { tenantId, replicas, holders, takes, window };
  }

  it('10 pass, over two replicas', async () => {
    const { holders, takes, window } = await twoHolders(10);
    expect(await takes(holders, 200)).toEqual({ passed: 10, refused: 'quota_exhausted' });
    await Promise.all(holders.map((holder) => holder.stop()));
    expect(await window()).toMatchObject({ limit: 10, settled: 10, leased: 0, overrun: 0 });
  });

  it('10 pass also where both held blocks, however they were spread', async () => {
    for (let round = 0; round < 5; round += 1) {
      const limit = randomInt(30, 200);
      const { holders, takes, window } = await twoHolders(limit);
      expect((await takes(holders, limit - 10)).passed).toBe(limit - 10);
      expect(await window()).toMatchObject({ limit });
      expect(await takes(holders, 200)).toEqual({ passed: 10, refused: 'quota_exhausted' });
    }
  });

  it('what a holder gives back when it stops is there for the other at once', async () => {
    const { holders, takes, window } = await twoHolders(160);
    const [stopping, staying] = holders as [LeasedBlocks, LeasedBlocks];
    expect((await takes([stopping], 1)).passed).toBe(1);
    expect((await window())?.leased).toBeGreaterThan(10);
    await stopping.stop();
    expect(await window()).toMatchObject({ leased: 0, settled: 1, forfeited: 0 });
    expect(await takes([staying], 300)).toEqual({ passed: 159, refused: 'quota_exhausted' });
  });

  it('what a holder had when it was killed is forfeited a minute later, and counted', async () => {
    const { holders, replicas, takes, window } = await twoHolders(160);
    const [killed, staying] = holders as [LeasedBlocks, LeasedBlocks];
    expect((await takes([killed], 3)).passed).toBe(3);
    const held = (await window())?.leased ?? 0;
    expect(held).toBeGreaterThan(3);
    // It never says another word. The other one, in the next minute:
    for (const { clock } of replicas) jest.spyOn(clock, 'read').mockImplementation((time) => new Date(time.getTime() + 61_000));
    expect(await takes([staying], 300)).toEqual({ passed: 160 - held, refused: 'quota_exhausted' });
    await staying.stop();
    expect(await window()).toMatchObject({ settled: 160, forfeited: held, leased: 0 });
  });

  it('neither spends a block after the ledger has forfeited it', async () => {
    const { tenantId, replicas, takes, window } = await twoHolders(160);
    let nowMs = 0;
    const client = replicas[0]?.client;
    if (client === undefined) throw new Error('there are two');
    const holder = new LeasedBlocks({ ledger: client, metric: 'api_calls', logger: quietLogger, nowMs: () => nowMs });
    await holder.take(tenantId);
    nowMs = 59_000;
    for (const { clock } of replicas) jest.spyOn(clock, 'read').mockImplementation((time) => new Date(time.getTime() + 59_000));
    await takes([holder], 1);
    // It told of the old block, and took from a new one.
    expect(await window()).toMatchObject({ settled: 1, forfeited: 0 });
    await holder.stop();
    expect(await window()).toMatchObject({ settled: 2, leased: 0, forfeited: 0 });
  });
});
