import { callDurationBoundsMs, callDurationBucketOf, callDurationBuckets } from '@plinth/contracts';
import fc from 'fast-check';
import { quantileMs } from './duration-histogram.js';

const countsOf = (durations: readonly number[]) => {
  const counts = new Array<number>(callDurationBuckets).fill(0);
  for (const duration of durations) counts[callDurationBucketOf(duration)]! += 1;
  return counts;
};
const added = (one: readonly number[], other: readonly number[]) => one.map((count, place) => count + (other[place] ?? 0));
const durations = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 });

describe('quantileMs', () => {
  it('is nothing of nothing, and the last bound of what is beyond it', () => {
    expect(quantileMs(countsOf([]), 0.5)).toBeNull();
    expect(quantileMs(countsOf([1e9]), 0.99)).toBe(60_000);
  });

  it('lies where even durations in a bucket would have it', () => {
    // 10 calls between 100 and 250 ms: the fifth ends the first half.
    expect(quantileMs(countsOf(Array(10).fill(120)), 0.5)).toBe(175);
    expect(quantileMs(countsOf([...Array(99).fill(3), 400]), 0.99)).toBe(5);
    expect(quantileMs(countsOf([...Array(98).fill(3), 400, 400]), 0.99)).toBe(375);
  });

  it('is in the bucket that the true one is in, whatever was counted', () => {
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99, 1), (all, quantile) => {
        const truth = all.toSorted((a, b) => a - b)[Math.ceil(quantile * all.length) - 1] ?? NaN;
        const place = callDurationBucketOf(truth);
        const estimate = quantileMs(countsOf(all), quantile) ?? NaN;
        expect(estimate).toBeGreaterThanOrEqual((callDurationBoundsMs[place - 1] ?? 0) - 1e-6);
        expect(estimate).toBeLessThanOrEqual((callDurationBoundsMs[place] ?? Infinity) + 1e-6);
      }),
    );
  });

  it('is the same of counts that were added as of all that they count', () => {
    fc.assert(
      fc.property(durations, durations, (some, others) => {
        expect(quantileMs(added(countsOf(some), countsOf(others)), 0.95)).toBe(quantileMs(countsOf([...some, ...others]), 0.95));
      }),
    );
  });
});
