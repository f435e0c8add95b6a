import { callDurationBoundsMs, callDurationBucketOf, callDurationBuckets } from './durations.js';

describe('callDurationBucketOf', () => {
  it('takes a bound into its bucket, what is just above it into the next, and what is above all into the last', () => {
    for (const [place, bound] of callDurationBoundsMs.entries()) {
      expect([callDurationBucketOf(bound), callDurationBucketOf(bound + 0.001)]).toEqual([place, place + 1]);
    }
    expect([callDurationBucketOf(0), callDurationBucketOf(1e9)]).toEqual([0, callDurationBuckets - 1]);
  });
});
