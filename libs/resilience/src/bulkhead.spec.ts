import { Bulkhead, type Leave } from './bulkhead.js';

const full = { code: 'upstream_overloaded', status: 503, extra: { headers: { 'retry-after': '1' } } };

describe('Bulkhead', () => {
  it('lets so many in at a time, and the next in the order in which they came', async () => {
    const bulkhead = new Bulkhead({ concurrent: 2, queued: 10, queueWaitMs: 60_000 });
    const leaves: Leave[] = [await bulkhead.enter(), await bulkhead.enter()];
    const order: number[] = [];
    const waiting = [1, 2, 3].map((number) => bulkhead.enter().then((leave) => (order.push(number), leaves.push(leave))));
    expect([bulkhead.inUse, bulkhead.waiting, order]).toEqual([2, 3, []]);
    for (let left = 0; left < 5; left++) {
      leaves[left]?.();
      await waiting[left];
    }
    expect([bulkhead.inUse, bulkhead.waiting, order]).toEqual([0, 0, [1, 2, 3]]);
  });

  it('refuses at once what the queue has no room for', async () => {
    const bulkhead = new Bulkhead({ concurrent: 1, queued: 1, queueWaitMs: 60_000 });
    const leave = await bulkhead.enter();
    const second = bulkhead.enter();
    await expect(bulkhead.enter()).rejects.toMatchObject(full);
    leave();
    (await second)();
    expect(bulkhead.inUse).toBe(0);
  });

  it('refuses what has waited too long, by its own limit or the caller’s', async () => {
    const bulkhead = new Bulkhead({ concurrent: 1, queued: 5, queueWaitMs: 20 });
    const leave = await bulkhead.enter();
    await expect(bulkhead.enter()).rejects.toMatchObject(full);
    await expect(bulkhead.enter({ waitMs: 1 })).rejects.toMatchObject(full);
    await expect(bulkhead.enter({ waitMs: -1 })).rejects.toMatchObject(full);
    expect(bulkhead.waiting).toBe(0);
    leave();
    (await bulkhead.enter())();
  });

  it('frees the place in the queue of a caller that leaves', async () => {
    const bulkhead = new Bulkhead({ concurrent: 1, queued: 1, queueWaitMs: 60_000 });
    const leave = await bulkhead.enter();
    const left = new AbortController();
    const waiting = bulkhead.enter({ signal: left.signal });
    left.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    await expect(bulkhead.enter({ signal: left.signal })).rejects.toThrow('left');
    expect(bulkhead.waiting).toBe(0);
    leave();
    expect(bulkhead.inUse).toBe(0);
  });

  it('counts a place that is given back twice once', async () => {
    const bulkhead = new Bulkhead({ concurrent: 2, queued: 0, queueWaitMs: 1 });
    const [first] = [await bulkhead.enter(), await bulkhead.enter()];
    first();
    first();
    expect(bulkhead.inUse).toBe(1);
  });
});
