import fc from 'fast-check';
import { FairTurns } from './fair-turns.js';

/** Plays rounds against queues of event sizes. @returns the bytes that each queue has got after each round */
function play(queues: readonly (readonly number[])[], batchBytes: number, rounds: number): number[][] {
  const turns = new FairTurns(64);
  for (const index of queues.keys()) turns.admit(`q${index}`, 0);
  const got = queues.map(() => 0);
  return Array.from({ length: rounds }, () => {
    for (const { turnId, after, maxBytes } of turns.next(batchBytes)) {
      const index = Number(turnId.slice(1));
      const taken: number[] = [];
      let bytes = 0;
      for (const size of queues[index]!.slice(after)) {
        if (bytes >= maxBytes) break;
        taken.push(size);
        bytes += size;
      }
      got[index]! += bytes;
      const last = after + taken.length;
      turns.served(turnId, { bytes, last, drained: last === queues[index]!.length });
    }
    return [...got];
  });
}

const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 400, maxLength: 400 });

describe('FairTurns', () => {
  it('never lets a waiting queue get more than a share and an event ahead of another', () => {
    fc.assert(
      fc.property(fc.array(sizes, { minLength: 2, maxLength: 5 }), fc.integer({ min: 1000, max: 20_000 }), (queues, batchBytes) => {
        const share = Math.floor(batchBytes / queues.length);
        for (const got of play(queues, batchBytes, 12)) {
          const waiting = got.filter((bytes, index) => bytes < queues[index]!.reduce((sum, size) => sum + size, 0));
          if (waiting.length < 2) return;
          expect(Math.max(...waiting) - Math.min(...waiting)).toBeLessThanOrEqual(share + 5000);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('gives a queue that comes while another drains its first turn in the next batch', () => {
    const turns = new FairTurns(64);
    turns.admit('long', 0);
    turns.next(1000);
    turns.served('long', { bytes: 1000, last: 10, drained: false });
    turns.admit('short', 99);
    expect(turns.next(1000).map(({ turnId, after }) => [turnId, after])).toEqual([['long', 10], ['short', 99]]);
  });

  it('reads a queue again from where something was left behind', () => {
    const turns = new FairTurns(64);
    turns.admit('a', 0);
    turns.next(1000);
    turns.served('a', { bytes: 10, last: 50, drained: true });
    expect(turns.idle).toBe(true);
    turns.admit('a', 20);
    expect(turns.next(1000)).toMatchObject([{ turnId: 'a', after: 20 }]);
  });

  it('shares a batch among so many queues, and goes on with the others', () => {
    const turns = new FairTurns(2);
    for (const turnId of ['a', 'b', 'c']) turns.admit(turnId, 0);
    expect(turns.next(1000).map(({ turnId }) => turnId)).toEqual(['a', 'b']);
    expect(turns.next(1000).map(({ turnId }) => turnId)).toEqual(['c', 'a']);
  });

  it('lets a queue whose event was larger than the batch go on when nobody else waits', () => {
    const turns = new FairTurns(64);
    turns.admit('a', 0);
    turns.next(100);
    turns.served('a', { bytes: 100_000, last: 1, drained: false });
    expect(turns.next(100)).toMatchObject([{ turnId: 'a', after: 1 }]);
  });
});
