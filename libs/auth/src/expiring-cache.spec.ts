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

  it('gives up the least recently used entry first', () => {
    const cache = new ExpiringCache<number>(2);
    cache.set('a', 1, 10);
    cache.set('b', 2, 10);
    cache.get('a', 0);
    cache.set('c', 3, 10);
    expect([cache.get('a', 0), cache.get('b', 0), cache.get('c', 0)]).toEqual([1, undefined, 3]);
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
