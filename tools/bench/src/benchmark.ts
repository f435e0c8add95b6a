import type { StackFacts } from '@plinth/dev-stack';

/** A stack that is there for the benchmarks alone. */
export interface BenchStack {
  /** Its home, by which parts are ended and started again. */
  readonly home: string;
  readonly facts: StackFacts;
}

/** One thing that was measured, several times over. */
export interface Measurement {
  readonly name: string;
  /** E.g. `entries/s`. */
  readonly unit: string;
  readonly samples: readonly number[];
}

export interface Benchmark {
  /** As `make bench b=` takes it. */
  readonly name: string;
  /** What is measured and how, in a sentence. */
  readonly about: string;
  /** The first measurement is the yardstick of this machine at this moment: the others are given as ratios to it, too. */
  run(stack: BenchStack): Promise<readonly [Measurement, ...Measurement[]]>;
}
