import { Breaker, BreakerOpen, type BreakerOptions, type BreakerState, type Verdict } from './breaker.js';
import { Bulkhead, type BulkheadOptions } from './bulkhead.js';
import type { GuardMetrics, Shown } from './guard-metrics.js';
import { RetryBudget } from './retry-budget.js';
import { breakerOpen, UpstreamProblem } from './upstream-problem.js';

/** Who stands behind the guard, how much is let through, and where that is shown. */
export interface GuardOptions {
  /** Names the other side in logs and metrics; of the code. */
  readonly name: string;
  readonly bulkhead: BulkheadOptions;
  readonly breaker?: BreakerOptions | undefined;
  readonly metrics?: GuardMetrics | undefined;
  /** Whether an error is an answer of the other side's; none is by default. */
  readonly isAnswer?: (error: unknown) => boolean;
}

/** How long a call waits for its place. */
export interface CallLimits {
  /** Ends the wait for a place; its reason is what `run` rejects with. */
  readonly signal?: AbortSignal | undefined;
  /** By `performance.now()`; no place is waited for beyond it. */
  readonly endsAtMs?: number;
}

/** A call's place in the bulkhead, for a call that goes on when its action has ended (an answer that is being read). */
export interface Place {
  /** Keeps the place until this has settled. */
  until(ended: Promise<unknown>): void;
}

/**
 * What stands before one other system: a breaker, a bulkhead and a budget of retries. Whatever leaves
 * the process for that system goes through the same one, so that all callers learn of its failure together.
 *
 * The breaker counts what says that the other side is not there: no connection, a broken one, no
 * answer in time (an `UpstreamProblem`). An answer is an answer, whatever its status: a 4xx is the
 * caller's fault, and one tenant's 500 must not close the way for all.
 */
export class Guard implements Shown {
  readonly name: string;
  private readonly breaker: Breaker;
  private readonly bulkhead: Bulkhead;
  private readonly budget = new RetryBudget();
  private readonly metrics: GuardMetrics | undefined;
  private readonly isAnswer: (error: unknown) => boolean;

  constructor(options: GuardOptions) {
    this.name = options.name;
    this.isAnswer = options.isAnswer ?? (() => false);
    this.breaker = new Breaker(options.name, options.breaker ?? {}, (error) => this.verdictOf(error));
    this.bulkhead = new Bulkhead(options.bulkhead);
    this.metrics = options.metrics;
    this.metrics?.watch(this);
  }

  /** Of the breaker; while it is `open` every call is refused. */
  get state(): BreakerState {
    return this.breaker.state;
  }

  /** Calls that have a place, those whose answer is still being read included. */
  get inUse(): number {
    return this.bulkhead.inUse;
  }

  /** Calls that wait for a place. */
  get waiting(): number {
    return this.bulkhead.waiting;
  }

  /**
   * Makes one try: asks the breaker, waits for a place, runs the action.
   *
   * @throws Problem `upstream_unavailable` (503) when the breaker is open, `upstream_overloaded` (503) when there is no place, else what the action throws
   */
  async run<T>(action: (place: Place) => Promise<T>, { signal, endsAtMs }: CallLimits = {}): Promise<T> {
    // Asked before the bulkhead too: what will be refused does not queue for it.
    if (this.breaker.state === 'open') throw this.refusal();
    const leave = await this.enter(signal, endsAtMs);
    let kept: Promise<unknown> | undefined;
    try {
      const result = await this.breaker.fire(() => action({ until: (ended) => void (kept = ended) }));
      this.metrics?.count('answered');
      return result;
    } catch (error) {
      if (error instanceof BreakerOpen) throw this.refusal();
      this.metrics?.count(({ failed: 'failed', answered: 'answered', nothing: 'given_up' } as const)[this.verdictOf(error)]);
      throw error;
    } finally {
      if (kept === undefined) leave();
      else kept.then(leave, leave);
    }
  }

  /** A first try earns a part of a retry. */
  earnRetries(): void {
    this.budget.earn();
  }

  /** Whether the budget allows one more try; takes it from there. */
  spendRetry(): boolean {
    const allowed = this.budget.spend();
    this.metrics?.countRetry(allowed ? 'made' : 'over_budget');
    return allowed;
  }

  /** Takes it out of the figures. Calls under way go on, later ones are refused. */
  close(): void {
    this.breaker.close();
    this.metrics?.forget(this);
  }

  private async enter(signal: AbortSignal | undefined, endsAtMs: number | undefined): Promise<() => void> {
    try {
      return await this.bulkhead.enter({ signal, ...(endsAtMs === undefined ? {} : { waitMs: endsAtMs - performance.now() }) });
    } catch (error) {
      this.metrics?.count(signal?.aborted === true ? 'given_up' : 'overloaded');
      throw error;
    }
  }

  private refusal(): Error {
    this.metrics?.count('refused');
    return breakerOpen(Math.ceil(this.breaker.resetMs / 1000));
  }

  private verdictOf(error: unknown): Verdict {
    if (this.isAnswer(error)) return 'answered';
    return error instanceof UpstreamProblem ? 'failed' : 'nothing';
  }
}
