import type { Metrics, Tracing } from '@plinth/telemetry';
import type { BreakerOptions, BreakerState } from './breaker.js';
import { Guard, type Place } from './guard.js';
import { GuardMetrics } from './guard-metrics.js';
import { KeptByKey } from './kept-by-key.js';
import { withSpan } from './outgoing-span.js';
import { failedTry, withRetries, type TryOutcome } from './retries.js';
import { asUpstreamProblem, upstreamTimedOut, UpstreamProblem } from './upstream-problem.js';

/** Who is called, what counts as its answer, and the bounds of all calls. */
export interface OutsideCallOptions {
  /** Names the other side in logs and metrics, e.g. `smtp`. */
  readonly name: string;
  /**
   * Whether an error is the other side's answer (an SMTP 550, an S3 `NoSuchKey`): what a 4xx is in HTTP. It is
   * passed on unchanged, is not tried again and never opens the breaker. Every other error says that the
   * other side is not there.
   */
  readonly isAnswer: (error: unknown) => boolean;
  /** The time for one call, retries included. */
  readonly timeoutMs: number;
  /** Most calls at a time; default 16. As many again may wait, for `timeoutMs` at most. */
  readonly concurrent?: number;
  readonly breaker?: BreakerOptions;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
}

/** What is so of one call alone. */
export interface OutsideCallLimits {
  /** Gives the tenant a breaker and a bulkhead of its own, for another side that the tenant has chosen. */
  readonly tenantId?: string;
  /** Whether a repeat does no harm; by default the call is tried once. */
  readonly repeatable?: boolean;
  /** Ends the call when nobody wants it any more; its reason is thrown then. */
  readonly signal?: AbortSignal;
  /** Of the request that the call is made for (`RequestContext.traceparent`). */
  readonly traceparent?: string;
}

const maxTries = 3;
const backoff = { baseMs: 50, capMs: 500 };
const keptTenants = 1_000;

/**
 * Calls another system by whatever client it has (SMTP, S3), with what `HttpClient` gives HTTP: a time
 * limit, a bulkhead, a breaker, a few retries from a budget, figures.
 *
 * Limits: an action that does not heed its signal goes on after the time limit, and keeps its place in
 * the bulkhead until it ends: better a full bulkhead than calls without number that hang.
 */
export class OutsideCall {
  private readonly guard: Guard;
  private readonly guards: KeptByKey<Guard>;

  constructor(private readonly options: OutsideCallOptions) {
    const { name, timeoutMs, concurrent = 16, breaker, isAnswer } = options;
    const metrics = options.metrics === undefined ? undefined : new GuardMetrics(name, options.metrics);
    const makeGuard = (): Guard =>
      new Guard({ name, bulkhead: { concurrent, queued: concurrent, queueWaitMs: timeoutMs }, breaker, metrics, isAnswer });
    this.guard = makeGuard();
    this.guards = new KeptByKey(makeGuard, keptTenants);
  }

  /** Of the breaker that all calls without a tenant have in common. */
  get state(): BreakerState {
    return this.guard.state;
  }

  /**
   * @param action begins the call and resolves with its result; ends at once when its signal is aborted
   * @throws Problem: 502, 503 or 504 where the other side is not there; its answer, where that is an error
   */
  async run<T>(action: (signal: AbortSignal) => Promise<T>, limits: OutsideCallLimits = {}): Promise<T> {
    if (limits.tenantId === undefined) return await this.runBehind(this.guard, action, limits);
    return await this.guards.use(limits.tenantId, (guard) => this.runBehind(guard, action, limits));
  }

  /** Takes its guards out of the figures. Calls under way go on; the client behind them is its owner's to close. */
  async close(): Promise<void> {
    this.guard.close();
    await this.guards.close();
  }

  private async runBehind<T>(guard: Guard, action: (signal: AbortSignal) => Promise<T>, { repeatable, signal, traceparent }: OutsideCallLimits): Promise<T> {
    const endsAtMs = performance.now() + this.options.timeoutMs;
    const outgoing = { tracing: this.options.tracing, destination: this.options.name, traceparent };
    const rules = { tries: repeatable === true ? maxTries : 1, backoff, endsAtMs, signal };
    return await withRetries(guard, rules, async (): Promise<TryOutcome<T>> => {
      try {
        const result = await guard.run((place) => withSpan(outgoing, () => this.tryOnce(action, { endsAtMs, signal, place })), { signal, endsAtMs });
        return { transient: false, retryAfterMs: 0, settle: () => result };
      } catch (error) {
        return failedTry(error, { transient: error instanceof UpstreamProblem && error.transient });
      }
    });
  }

  private async tryOnce<T>(action: (signal: AbortSignal) => Promise<T>, { endsAtMs, signal, place }: Try): Promise<T> {
    const { promise: ended, reject: end } = Promise.withResolvers<never>();
    const abort = new AbortController();
    const stop = (reason: unknown): void => {
      abort.abort(reason);
      end(reason);
    };
    const onAbort = (): void => stop(signal?.reason);
    const timer = setTimeout(() => stop(upstreamTimedOut()), Math.max(0, endsAtMs - performance.now()));
    signal?.addEventListener('abort', onAbort, { once: true });
    const running = (async () => await action(abort.signal))();
    place.until(running);
    try {
      return await Promise.race([running, ended]);
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      throw this.options.isAnswer(error) ? error : asUpstreamProblem(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

interface Try {
  readonly endsAtMs: number;
  readonly signal: AbortSignal | undefined;
  readonly place: Place;
}
