import fc from 'fast-check';
import { ExpiringCache } from './expiring-cache.js';

describe('ExpiringCache', () => {
  it('answers an entry until its end and not at it', () => {
    const cache = new ExpiringCache<string>(4);
    cache.set('a', 'value', 1_000);
    expect(cache.get('a', 999)).toBe('value');
    expect(cache.get('a', 1_000)).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it('gives up what was not asked for first, and the oldest of what was', () => {
    const cache = new ExpiringCache<number>(2);
    const held = () => ['a', 'b', 'c', 'd'].filter((key) => cache.get(key, 0) !== undefined);
    cache.set('a', 1, 10);
    cache.set('b', 2, 10);
    cache.get('a', 0);
    cache.set('c', 3, 10);
    expect(held()).toEqual(['a', 'c']);
    cache.set('d', 4, 10);
    expect(held()).toEqual(['c', 'd']);
  });

  it('answers what was set last, until the end that was set last', () => {
    const cache = new ExpiringCache<number>(1);
    cache.set('a', 1, 1_000);
    cache.set('a', 2, 2_000);
    expect([cache.size, cache.get('a', 1_999)]).toEqual([1, 2]);
    cache.set('a', 3, 500);
    expect(cache.get('a', 500)).toBeUndefined();
  });

  it('never holds more than its capacity', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.nat())), fc.integer({ min: 1, max: 8 }), (writes, capacity) => {
        const cache = new ExpiringCache<number>(capacity);
        for (const [key, endsAt] of writes) cache.set(key, endsAt, endsAt);
        expect(cache.size).toBeLessThanOrEqual(capacity);
      }),
    );
  });
});
