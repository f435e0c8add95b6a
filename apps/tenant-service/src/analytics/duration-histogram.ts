import { callDurationBoundsMs } from '@plinth/contracts';

/**
 * A quantile of durations that were counted in buckets: within the bucket that it falls into they are taken to lie evenly, as Prometheus's
 * `histogram_quantile` does it. So it is off by less than the width of that bucket; above the last bound it is that bound.
 *
 * @param counts by bucket (`callDurationBoundsMs`)
 * @param quantile above 0, up to 1
 * @returns milliseconds; null where nothing was counted
 */
export function quantileMs(counts: readonly number[], quantile: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = quantile * total;
  let before = 0;
  for (const [place, count] of counts.entries()) {
    if (count > 0 && before + count >= rank) {
      const lower = callDurationBoundsMs[place - 1] ?? 0;
      const upper = callDurationBoundsMs[place] ?? lower;
      return lower + ((upper - lower) * (rank - before)) / count;
    }
    before += count;
  }
  return callDurationBoundsMs.at(-1) ?? null;
}
