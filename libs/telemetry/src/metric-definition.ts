/** A metric as it is declared: once, in its library's table, with what it tells. */
export interface MetricDefinition {
  /** `plinth_<noun>_<unit>`; counters end in `_total`. */
  readonly name: `plinth_${string}`;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** One line; it stands in `/metrics` and in docs/metrics.md. */
  readonly help: string;
  /** Their values come from code (a route's template, a topic), never from a request. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in the unit of the name. */
  readonly buckets?: readonly number[];
}

/** A library's table of metrics; the type keeps each label's name. */
export function defineMetrics<const T extends Readonly<Record<string, MetricDefinition>>>(definitions: T): T {
  return definitions;
}

/** Seconds, from a fast look-up to a time limit. */
export const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
