/**
 * Upper bounds of the buckets in which durations of calls are counted, in milliseconds, each included; one more bucket takes what is above
 * the last. They are those that OpenTelemetry advises for `http.server.request.duration` (semantic conventions 1.23, "HTTP metrics"), and
 * two more, for answers of models and exports. Events carry counts by place: an order that has been shipped never changes.
 */
export const callDurationBoundsMs = [5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000, 30_000, 60_000] as const;

/** How many buckets there are, that above the last bound included. */
export const callDurationBuckets = callDurationBoundsMs.length + 1;

/** The place of the bucket that a duration falls into. @param durationMs not negative */
export function callDurationBucketOf(durationMs: number): number {
  let bucket = 0;
  // Most calls are short: a search by halves would look at more.
  while (durationMs > (callDurationBoundsMs[bucket] ?? Infinity)) bucket += 1;
  return bucket;
}
