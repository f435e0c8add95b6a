import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { LeasedBlocks } from './leased-blocks.js';
import { FakeLedger } from './testing.js';

const logger = Logger.create({ service: 'test', level: 'silent', format: 'json' });

function setup(limit = 1_000_000, blockUnits = 1_000) {
  const ledger = new FakeLedger(limit, blockUnits);
  const time = { nowMs: 0 };
  const blocks = new LeasedBlocks({ ledger, metric: 'api_calls', logger, nowMs: () => time.nowMs });
  const tenantId = newId();
  return { ledger, time, blocks, tenantId };
}

/** Lets what was begun in the background come to its end. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('leased blocks', () => {
  it('answer from memory without waiting, and ask once for many', async () => {
    const { ledger, blocks, tenantId } = setup();
    await Promise.all(Array.from({ length: 20 }, async () => await blocks.take(tenantId)));
    expect(ledger.asked.filter((what) => what === 'lease').length).toBeLessThanOrEqual(3);
    await settled();
    const standing = blocks.take(tenantId);
    expect(standing).not.toBeInstanceOf(Promise);
    expect(standing).toMatchObject({ limit: 1_000_000, remaining: 1_000_000 - 21, period: '2026-11', resetsInMs: 3_600_000 });
  });

  it('are renewed ahead, so that a steady use never waits, and grow with it', async () => {
    const { blocks, tenantId, ledger } = setup(10_000_000, 100_000);
    await blocks.take(tenantId);
    for (let second = 0; second < 100; second += 1) {
      for (let call = 0; call < 5; call += 1) expect(blocks.take(tenantId)).not.toBeInstanceOf(Promise);
      await settled();
    }
    expect(ledger.asked.length).toBeLessThan(20);
  });

  it('pass exactly what is left, and refuse the rest with Retry-After and where the caller stands', async () => {
    const { blocks, tenantId } = setup(10, 1);
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, async () => await blocks.take(tenantId)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const refusal = outcomes.find(({ status }) => status === 'rejected');
    expect(refusal).toMatchObject({
      reason: {
        code: 'quota_exhausted',
        status: 429,
        extra: { headers: { 'retry-after': '3600', 'ratelimit-policy': '"api_calls";q=10;w=2592000', ratelimit: '"api_calls";r=0;t=3600' }, members: { metric: 'api_calls', limit: 10 } },
      },
    });
  });

  it('do not ask for every refused call', async () => {
    const { ledger, blocks, tenantId, time } = setup(0);
    for (let call = 0; call < 50; call += 1) await expect(blocks.take(tenantId)).rejects.toMatchObject({ code: 'quota_exhausted' });
    expect(ledger.asked).toHaveLength(1);
    ledger.limit = 1;
    time.nowMs += 250;
    await blocks.take(tenantId);
  });

  it('stop before their lease ends, and give back the rest with what was spent', async () => {
    const { ledger, blocks, tenantId, time } = setup();
    await blocks.take(tenantId);
    await settled();
    const { held } = ledger;
    time.nowMs = 53_999;
    expect(blocks.take(tenantId)).not.toBeInstanceOf(Promise);
    await settled();
    time.nowMs = 54_000 * 2;
    expect(blocks.take(tenantId)).toBeInstanceOf(Promise);
    await settled();
    await blocks.runOnce();
    expect(ledger.used).toBe(2);
    expect(ledger.held).toBeLessThan(held);
  });

  it('count the time of the request itself against the lease', async () => {
    const { ledger, blocks, tenantId, time } = setup();
    const { lease } = FakeLedger.prototype;
    ledger.lease = async (request) => {
      const answer = await lease.call(ledger, request);
      time.nowMs += 30_000;
      return answer;
    };
    await blocks.take(tenantId);
    time.nowMs = 53_999;
    expect(blocks.take(tenantId)).not.toBeInstanceOf(Promise);
  });

  it('are all given back by a clean stop, and nothing passes behind it', async () => {
    const { ledger, blocks, tenantId } = setup();
    await Promise.all(Array.from({ length: 7 }, async () => await blocks.take(tenantId)));
    await blocks.take(newId());
    await blocks.stop();
    expect([ledger.used, ledger.held]).toEqual([8, 0]);
    await expect(blocks.take(tenantId)).rejects.toMatchObject({ code: 'quota_unconfirmed', status: 503 });
  });

  it('fail closed where the ledger is away and the block is spent, and not before', async () => {
    const { ledger, blocks, tenantId } = setup(1_000, 3);
    await blocks.take(tenantId);
    await settled();
    ledger.away = new Error('away');
    let passed = 0;
    let standing = blocks.take(tenantId);
    while (!(standing instanceof Promise)) {
      passed += 1;
      standing = blocks.take(tenantId);
    }
    await expect(standing).rejects.toMatchObject({ code: 'quota_unconfirmed', status: 503, extra: { headers: { 'retry-after': '1' } } });
    expect(passed).toBeGreaterThanOrEqual(2);
    expect(passed).toBeLessThanOrEqual(5);
    ledger.away = undefined;
    await blocks.take(tenantId);
  });

  it('ask again under the same id where an answer was lost, so that the block is not', async () => {
    const { ledger, blocks, tenantId } = setup(100, 100);
    const { lease } = FakeLedger.prototype;
    ledger.lease = async (request) => {
      await lease.call(ledger, request);
      throw new Error('the answer was lost');
    };
    await expect(blocks.take(tenantId)).rejects.toThrow('lost');
    const granted = ledger.held;
    ledger.lease = (request) => lease.call(ledger, request);
    await blocks.take(tenantId);
    expect(ledger.held).toBe(granted);
  });

  it('let a larger use wait for a block that holds it', async () => {
    const { blocks, tenantId, ledger } = setup(100, 40);
    await blocks.take(tenantId);
    await blocks.take(tenantId, 40);
    await expect(blocks.take(tenantId, 41)).rejects.toMatchObject({ code: 'quota_exhausted' });
    await blocks.take(tenantId, 5);
    await blocks.stop();
    expect(ledger.used).toBe(46);
  });

  it('forget tenants that are gone', async () => {
    const { blocks, ledger, time } = setup();
    for (let tenant = 0; tenant < 100; tenant += 1) await blocks.take(newId());
    await settled();
    time.nowMs = 1_000_000;
    await blocks.runOnce();
    expect([ledger.used, ledger.held]).toEqual([100, 0]);
    expect((blocks as unknown as { byTenant: Map<string, unknown> }).byTenant.size).toBe(0);
  });
});
