import type { Instruments, Metrics } from '@plinth/telemetry';
import CircuitBreaker from 'opossum';
import { Pool } from 'undici';
import { resilienceMetrics } from './metrics.js';
import { breakerOpen, UpstreamProblem } from './upstream-problem.js';

export interface DestinationOptions {
  /** Names the destination in logs and metrics. */
  readonly name: string;
  /** Scheme, host and port; a path is refused. */
  readonly url: string;
  /** Most connections at a time; further calls wait for one. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  readonly breaker?: BreakerOptions;
  /** Where calls and the breaker's state are shown; an app that has none shows nothing. */
  readonly metrics?: Metrics;
}

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

/**
 * One other system: its connections and its breaker. Everything that leaves the process for that
 * system goes through the same instance, so that all callers learn of its failure together.
 *
 * The breaker counts what says that the other side is not there: no connection, a broken one, no
 * answer in time. An answer is an answer, whatever its status: a 4xx is the caller's fault, and one
 * tenant's 500 must not close the way for all.
 */
export class Destination {
  readonly name: string;
  /** For this library's own clients; an app uses `HttpClient` or `Forwarder`. */
  readonly pool: Pool;
  private readonly breaker: CircuitBreaker<[() => Promise<unknown>], unknown>;
  private readonly resetMs: number;
  private readonly calls: Instruments<typeof resilienceMetrics>['calls'] | undefined;

  constructor(options: DestinationOptions) {
    const url = new URL(options.url);
    if (url.pathname !== '/' || url.search !== '') throw new Error(`The URL of ${options.name} has a path: only scheme, host and port`);
    this.name = options.name;
    this.pool = new Pool(url.origin, {
      connections: options.connections ?? 128,
      connect: { timeout: options.connectTimeoutMs ?? 2_000 },
      allowH2: false,
    });
    const { errorThresholdPercentage = 50, volumeThreshold = 20, windowMs = 10_000, resetMs = 2_000 } = options.breaker ?? {};
    this.resetMs = resetMs;
    this.breaker = new CircuitBreaker((action) => action(), {
      name: options.name,
      // Each call has its own time limit and aborts by it; the breaker's would only stop waiting.
      timeout: false,
      errorThresholdPercentage,
      volumeThreshold,
      rollingCountTimeout: windowMs,
      resetTimeout: resetMs,
      // Both sort every latency of the window, at each snapshot and at each failure (stack.md, section 4).
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorFilter: (error) => !(error instanceof UpstreamProblem),
    });
    if (options.metrics !== undefined) this.calls = this.show(options.metrics);
  }

  get state(): BreakerState {
    if (this.breaker.opened) return 'open';
    return this.breaker.halfOpen ? 'half_open' : 'closed';
  }

  /**
   * Runs the action if the breaker lets it through. Only an `UpstreamProblem` counts as a failure.
   *
   * @throws Problem `upstream_unavailable` (503) when the breaker is open, else what the action throws
   */
  async run<T>(action: () => Promise<T>): Promise<T> {
    try {
      const result = (await this.breaker.fire(action)) as T;
      this.count('answered');
      return result;
    } catch (error) {
      const refused = error instanceof Error && CircuitBreaker.isOurError(error);
      this.count(refused ? 'refused' : error instanceof UpstreamProblem ? 'failed' : 'given_up');
      if (refused) throw breakerOpen(Math.ceil(this.resetMs / 1000));
      throw error;
    }
  }

  private count(outcome: 'answered' | 'failed' | 'refused' | 'given_up'): void {
    this.calls?.add({ destination: this.name, outcome });
  }

  private show(metrics: Metrics): Instruments<typeof resilienceMetrics>['calls'] {
    const { breakerState, calls } = metrics.of(resilienceMetrics);
    metrics.beforeScrape(() => {
      for (const state of ['closed', 'half_open', 'open'] as const) breakerState.set({ destination: this.name, state }, this.state === state ? 1 : 0);
    });
    return calls;
  }

  /** Closes the connections; calls that still run end as unavailable. */
  async close(): Promise<void> {
    this.breaker.shutdown();
    await this.pool.destroy();
  }
}
