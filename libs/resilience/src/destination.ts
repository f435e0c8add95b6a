import type { Metrics, Tracing } from '@plinth/telemetry';
import { Pool, type buildConnector } from 'undici';
import type { BreakerOptions, BreakerState } from './breaker.js';
import { Guard, type CallLimits, type Place } from './guard.js';
import { GuardMetrics } from './guard-metrics.js';
import { withSpan } from './outgoing-span.js';

/** Who is called, and the bounds that all callers in this process share. */
export interface DestinationOptions {
  /** Names the destination in logs and metrics. */
  readonly name: string;
  /** Scheme, host and port; a path is refused. */
  readonly url: string;
  /** Most calls at a time, each on a connection of its own; default 128. */
  readonly connections?: number;
  /** Most calls that wait for a connection, for `queueWaitMs` at most; one more is a 503 at once. Default 512. */
  readonly queued?: number;
  /** Default 2 s. */
  readonly queueWaitMs?: number;
  readonly connectTimeoutMs?: number;
  readonly breaker?: BreakerOptions;
  /** Where calls and the breaker's state are shown; an app that has none shows nothing. */
  readonly metrics?: Metrics | GuardMetrics;
  /** Where calls made within a trace are recorded; an app that has none records nothing. */
  readonly tracing?: Tracing;
  /** Whether the other side is told of the trace: a system of ours is, another's business it is not. Default true. */
  readonly sendsTrace?: boolean;
  /** Makes the connections, where not every address may be connected to. */
  readonly connect?: buildConnector.connector;
}

/** What the span of a call is made of. */
export interface TracedCall {
  readonly method: string;
  /** W3C trace context of the request that the call is made for; without it the call belongs to no trace. */
  readonly traceparent?: string | undefined;
}

/** One other system that is called by HTTP: its connections, and the guard before them. */
export class Destination {
  readonly name: string;
  /** For this library's own clients; an app uses `HttpClient`, `StreamingClient` or `Forwarder`. */
  readonly pool: Pool;
  /** As `pool`. */
  readonly guard: Guard;
  private readonly tracing: Tracing | undefined;
  private readonly sendsTrace: boolean;

  constructor(options: DestinationOptions) {
    const { name, connections = 128, queued = 512, queueWaitMs = 2_000, connectTimeoutMs = 2_000, breaker, metrics } = options;
    const url = new URL(options.url);
    if (url.pathname !== '/' || url.search !== '') throw new Error(`The URL of ${name} has a path: only scheme, host and port`);
    this.name = name;
    this.tracing = options.tracing;
    this.sendsTrace = options.sendsTrace ?? true;
    this.pool = new Pool(url.origin, { connections, connect: options.connect ?? { timeout: connectTimeoutMs }, allowH2: false });
    this.guard = new Guard({
      name,
      // A call takes a connection, so that the pool, whose own queue has no bounds, never has one.
      bulkhead: { concurrent: connections, queued, queueWaitMs },
      breaker,
      metrics: metrics === undefined || metrics instanceof GuardMetrics ? metrics : new GuardMetrics(name, metrics),
    });
  }

  /** Of its breaker; while that is `open` no call is tried. */
  get state(): BreakerState {
    return this.guard.state;
  }

  /** Whether no call is under way or waits. */
  get idle(): boolean {
    return this.guard.inUse === 0 && this.guard.waiting === 0;
  }

  /** Makes one try. @throws Problem as `Guard.run` */
  run<T>(action: (place: Place) => Promise<T>, limits?: CallLimits): Promise<T> {
    return this.guard.run(action, limits);
  }

  /**
   * As `pool`: makes an exchange a span of the caller's trace.
   *
   * @param exchange is given the headers that carry the trace on
   */
  async traced<T extends { readonly status: number }>(call: TracedCall, exchange: (headers: Readonly<Record<string, string>>) => Promise<T>): Promise<T> {
    const outgoing = { tracing: this.tracing, destination: this.name, method: call.method, traceparent: call.traceparent };
    const work = (traceparent: string | undefined): Promise<T> => exchange(this.sendsTrace && traceparent !== undefined ? { traceparent } : {});
    return await withSpan(outgoing, work, ({ status }) => status);
  }

  /** Closes the connections; calls that still run end as unavailable. */
  async close(): Promise<void> {
    this.guard.close();
    await this.pool.destroy();
  }
}
