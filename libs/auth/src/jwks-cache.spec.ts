import { JwksCache } from './jwks-cache.js';
import { KeyRing } from './key-ring.js';
import { randomSeed } from '@plinth/testing';
import { HeldClock } from './testing.js';

function setup(first: unknown) {
  const clock = new HeldClock();
  const state = { document: first, loads: 0 };
  const cache = new JwksCache({
    clock,
    load: async () => {
      state.loads += 1;
      if (state.document instanceof Error) throw state.document;
      return state.document;
    },
  });
  return { clock, state, cache };
}

describe('JwksCache', () => {
  it('finds the keys of the document by their ids', async () => {
    const ring = KeyRing.of([randomSeed(), randomSeed()]);
    const { cache } = setup(ring.publicJwks());
    expect(cache.loaded).toBe(false);
    await cache.load();
    expect(cache.loaded).toBe(true);
    for (const { kid } of ring.publicJwks().keys) expect(cache.findKey(kid)).toBeDefined();
    expect(cache.findKey('unknown')).toBeUndefined();
  });

  it('refreshes at most once in five seconds, whoever asks and however often, also right after a load', async () => {
    const { cache, clock, state } = setup(KeyRing.of([randomSeed()]).publicJwks());
    await cache.load();
    state.loads = 0;
    await Promise.all(Array.from({ length: 100 }, () => cache.refresh()));
    expect(state.loads).toBe(1);
    clock.advance(4_999);
    await cache.refresh();
    expect(state.loads).toBe(1);
    clock.advance(1);
    await cache.refresh();
    expect(state.loads).toBe(2);
  });

  it.each([[new Error('away')], ['<html>'], [{}], [{ keys: [] }], [{ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'a' }] }]])(
    'keeps what it has when a load brings no keys: %j',
    async (useless) => {
      const ring = KeyRing.of([randomSeed()]);
      const { cache, clock, state } = setup(ring.publicJwks());
      await cache.load();
      state.document = useless;
      clock.advance(10_000);
      await cache.refresh();
      expect(state.loads).toBe(2);
      expect(cache.findKey(ring.current.kid)).toBeDefined();
    },
  );

  it('drops a withdrawn key and keeps the same object for a key that stays', async () => {
    const [older, newer] = [randomSeed(), randomSeed()];
    const before = KeyRing.of([older, newer]);
    const after = KeyRing.of([newer]);
    const { cache, state } = setup(before.publicJwks());
    await cache.load();
    const kept = cache.findKey(after.current.kid);
    state.document = after.publicJwks();
    await cache.load();
    expect(cache.findKey(before.current.kid)).toBeUndefined();
    expect(cache.findKey(after.current.kid)).toBe(kept);
  });
});
