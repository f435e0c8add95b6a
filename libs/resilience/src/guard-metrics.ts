import type { Instruments, Metrics } from '@plinth/telemetry';
import type { BreakerState } from './breaker.js';
import { resilienceMetrics } from './metrics.js';

export type CallOutcome = 'answered' | 'failed' | 'refused' | 'overloaded' | 'given_up';

/** What is shown of a guard. */
export interface Shown {
  readonly state: BreakerState;
  readonly inUse: number;
  readonly waiting: number;
}

/**
 * The figures of one destination. Where each tenant has a breaker of its own they are shown together:
 * a tenant is no label.
 */
export class GuardMetrics {
  private readonly guards = new Set<Shown>();
  private readonly instruments: Instruments<typeof resilienceMetrics>;

  constructor(
    private readonly destination: string,
    metrics: Metrics,
  ) {
    this.instruments = metrics.of(resilienceMetrics);
    metrics.beforeScrape(() => this.show());
  }

  /** Shows the guard at each scrape, until it is forgotten. */
  watch(guard: Shown): void {
    this.guards.add(guard);
  }

  /** For a guard that is closed: it is in no figure any more. */
  forget(guard: Shown): void {
    this.guards.delete(guard);
  }

  /** One try that has ended, or was not made. */
  count(outcome: CallOutcome): void {
    this.instruments.calls.add({ destination: this.destination, outcome });
  }

  /** A retry that was due: made, or refused by the budget. */
  countRetry(outcome: 'made' | 'over_budget'): void {
    this.instruments.retries.add({ destination: this.destination, outcome });
  }

  private show(): void {
    const { destination } = this;
    const guards = [...this.guards];
    for (const state of ['closed', 'half_open', 'open'] as const) {
      this.instruments.breakerState.set({ destination, state }, guards.filter((guard) => guard.state === state).length);
    }
    const sum = (of: (guard: Shown) => number): number => guards.reduce((total, guard) => total + of(guard), 0);
    this.instruments.bulkhead.set({ destination, state: 'running' }, sum(({ inUse }) => inUse));
    this.instruments.bulkhead.set({ destination, state: 'waiting' }, sum(({ waiting }) => waiting));
  }
}
