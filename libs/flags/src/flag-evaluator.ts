import { systemClock, type Clock } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { Instruments, Metrics } from '@plinth/telemetry';
import { evaluate, type Evaluation } from './evaluate.js';
import type { FlagContext, FlagDefinition, FlagType, FlagValue } from './flag.js';
import type { FlagOverrides } from './flag-overrides.js';
import { flagMetrics } from './metrics.js';

/** With what a process evaluates. */
export interface FlagEvaluatorOptions {
  readonly overrides: FlagOverrides;
  readonly logger: Logger;
  /** Without them nothing is counted. */
  readonly metrics?: Metrics | undefined;
  readonly clock?: Clock;
}

/** Evaluation as a process does it, counted: what its environment says of a flag comes first, then the flag. */
export class FlagEvaluator {
  private readonly clock: Clock;
  private readonly instruments: Instruments<typeof flagMetrics> | undefined;
  private readonly warnedOf = new Set<string>();

  constructor(private readonly options: FlagEvaluatorOptions) {
    this.clock = options.clock ?? systemClock;
    this.instruments = options.metrics?.of(flagMetrics);
  }

  /** As `evaluate`; a value of the environment is `STATIC` and has no variant. One that the flag cannot have is as if it were not there. @throws Error where the flag is not sound */
  evaluate(flag: FlagDefinition, context: FlagContext): Evaluation {
    const overridden = this.findOverride(flag.key, flag.type);
    const evaluation: Evaluation = overridden === undefined ? evaluate(flag, context, this.clock.now()) : { value: overridden, reason: 'STATIC' };
    this.instruments?.evaluations.add({ reason: evaluation.reason });
    return evaluation;
  }

  /** What the environment says of a flag of this type; undefined where it says nothing that the flag can be. */
  findOverride(key: string, type: FlagType): FlagValue | undefined {
    const { overrides, logger } = this.options;
    try {
      return overrides.find(key, type);
    } catch (error) {
      this.instruments?.ignoredOverrides.add({});
      if (!this.warnedOf.has(key)) logger.warn('the environment sets a flag to what it cannot be', { name: key, error });
      this.warnedOf.add(key);
      return undefined;
    }
  }
}
