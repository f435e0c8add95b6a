import type { SpanFields } from './span-fields.js';

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer';

/** What is known of a piece of work when it begins. */
export interface SpanStart {
  /** Made of code alone: a verb and a route's template, a destination, a topic. */
  readonly name: string;
  readonly kind: SpanKind;
  /** The `traceparent` that it continues; without one it begins a trace. */
  readonly parent: string | null | undefined;
  readonly fields?: SpanFields;
}

/** What is known of it only at its end; what is left out stays as it was. */
export interface SpanEnd {
  /** A better name, for what was not known at its start. */
  readonly name?: string;
  readonly fields?: SpanFields;
  readonly failed?: boolean;
}

/** A piece of work that is under way. */
export interface Span {
  readonly traceId: string;
  /** What continues this span: a header to send, a column to store. Its flag says whether the trace is recorded. */
  readonly traceparent: string;
  /** Once. */
  end(end?: SpanEnd): void;
}

/** Where spans are made and sent from; the one there is speaks OpenTelemetry. */
export interface SpanSource {
  start(start: SpanStart): Span;
  /** Sends what is left. Never rejects. */
  close(): Promise<void>;
}

/** Where spans are sent, and who is told when that fails. */
export interface TraceExport {
  /** Base URL of a collector that takes OTLP over HTTP, without `/v1/traces`. Empty: no spans are made, and nothing is loaded. */
  readonly endpoint: string;
  /** Told once an outage of the collector. */
  readonly onOutage: (error: unknown) => void;
  readonly onRecovery: () => void;
}

/**
 * The traces of one application. Without a collector `start` answers undefined, and whoever asked
 * passes on the `traceparent` that it had: a trace goes through the suite whether or not it is recorded.
 */
export class Tracing {
  constructor(private readonly source?: SpanSource) {}

  /** @param service its name, as the resource of its spans */
  static async create(service: string, options: TraceExport): Promise<Tracing> {
    if (options.endpoint === '') return new Tracing();
    const { OtelSpanSource } = await import('./otel-span-source.js');
    return new Tracing(new OtelSpanSource(service, options));
  }

  /** A span, where spans are recorded at all; whoever starts one ends it, on every path. */
  start(start: SpanStart): Span | undefined {
    return this.source?.start(start);
  }

  /** After the last request and the last run: what they did is sent too. */
  async onApplicationShutdown(): Promise<void> {
    await this.source?.close();
  }
}
