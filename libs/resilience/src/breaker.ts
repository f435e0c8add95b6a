import CircuitBreaker from 'opossum';

/** When a breaker opens and tries again; by default above 50 % of at least 20 calls in 10 s, and after 2 s. */
export interface BreakerOptions {
  /** Share of failed calls in the window above which the breaker opens, in percent. */
  readonly errorThresholdPercentage?: number;
  /** Calls in the window below which it stays closed whatever happens. */
  readonly volumeThreshold?: number;
  /** Length of the window. */
  readonly windowMs?: number;
  /** How long it stays open before one call is let through to try. */
  readonly resetMs?: number;
}

export type BreakerState = 'closed' | 'open' | 'half_open';

/** What a call's error says of the other side: it failed, it answered, or nothing (the caller gave up). */
export type Verdict = 'failed' | 'answered' | 'nothing';

/** What `fire` rejects with where it did not try. */
export class BreakerOpen extends Error {}

/** opossum's breaker, with the settings that the suite needs. */
export class Breaker {
  /** How long it stays open. */
  readonly resetMs: number;
  private readonly circuit: CircuitBreaker<[() => Promise<unknown>], unknown>;

  constructor(
    name: string,
    options: BreakerOptions,
    private readonly verdictOf: (error: unknown) => Verdict,
  ) {
    const { errorThresholdPercentage = 50, volumeThreshold = 20, windowMs = 10_000, resetMs = 2_000 } = options;
    this.resetMs = resetMs;
    this.circuit = new CircuitBreaker((action) => action(), {
      name,
      // Each call has its own time limit and aborts by it; the breaker's would only stop waiting.
      timeout: false,
      errorThresholdPercentage,
      volumeThreshold,
      rollingCountTimeout: windowMs,
      resetTimeout: resetMs,
      // Both sort every latency of the window, at each snapshot and at each failure, which costs a factor of thirty.
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorFilter: (error) => verdictOf(error) !== 'failed',
    });
  }

  /** `half_open` while the one call that tries is due or under way. */
  get state(): BreakerState {
    if (this.circuit.opened) return 'open';
    return this.circuit.halfOpen ? 'half_open' : 'closed';
  }

  /** Runs the action if it is let through: always while closed, never while open, one at a time while half open. @throws BreakerOpen */
  async fire<T>(action: () => Promise<T>): Promise<T> {
    const probes = this.circuit.halfOpen;
    let tried = false;
    try {
      return (await this.circuit.fire(() => {
        tried = true;
        return action();
      })) as T;
    } catch (error) {
      if (!tried) throw new BreakerOpen();
      // opossum takes what is no failure for a success and closes; a probe that was given up has shown nothing.
      if (probes && this.verdictOf(error) === 'nothing') this.circuit.open();
      throw error;
    }
  }

  /** Ends its timers for good; from then on `fire` tries nothing. */
  close(): void {
    this.circuit.shutdown();
  }
}
