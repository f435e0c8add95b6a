import fc from 'fast-check';
import { backoffDelayMs } from './backoff.js';

describe('backoffDelayMs', () => {
  it('stays within zero and the cap, and grows its ceiling until the cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, r) => {
        const delay = backoffDelayMs(attempt, { baseMs: 100, capMs: 5_000 }, () => r);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(Math.min(5_000, 100 * 2 ** Math.min(attempt - 1, 30)));
      }),
    );
  });
});
