import { setTimeout as delay } from 'node:timers/promises';
import { ROOT_CONTEXT, SpanKind as OtelKind, SpanStatusCode, trace, type Context, type Span as OtelSpan, type Tracer } from '@opentelemetry/api';
/** @ruleExempt breaker: spans leave in batches from the background, within a time limit, and are dropped while the collector is away (ADR 0022) */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BasicTracerProvider, BatchSpanProcessor, ParentBasedSampler, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import { spanAttributes } from './span-fields.js';
import { formatTraceparent, parseTraceparent } from './traceparent.js';
import type { Span, SpanEnd, SpanSource, SpanStart, TraceExport } from './tracing.js';

/** Spans that wait for the collector; further ones are dropped, not kept. */
const maxWaitingSpans = 2_048;
const batchSize = 512;
const sendEveryMs = 1_000;
/** Of one batch, the exporter's own tries included. */
const exportTimeoutMs = 5_000;
/** How long the end of a process waits for the last batch. */
const closeTimeoutMs = 2_000;

const kinds: Readonly<Record<SpanStart['kind'], OtelKind>> = {
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
};

/**
 * Spans by the OpenTelemetry SDK, sent by OTLP over HTTP in batches from the background. Loaded only where
 * there is a collector (ADR 0022). Nothing is instrumented by itself, and no global is set.
 *
 * A trace is recorded where the caller says so, and where it begins here.
 * Limits: a collector that is away costs the spans of that time, and at most `maxWaitingSpans` in memory.
 */
export class OtelSpanSource implements SpanSource {
  private readonly provider: BasicTracerProvider;
  private readonly tracer: Tracer;

  constructor(service: string, options: TraceExport) {
    const exporter = new OTLPTraceExporter({ url: `${options.endpoint}/v1/traces`, timeoutMillis: exportTimeoutMs });
    const processor = new BatchSpanProcessor(tellOutages(exporter, options), {
      maxQueueSize: maxWaitingSpans,
      maxExportBatchSize: batchSize,
      scheduledDelayMillis: sendEveryMs,
      exportTimeoutMillis: exportTimeoutMs + 1_000,
    });
    this.provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'plinth' }),
      sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
      spanProcessors: [processor],
    });
    this.tracer = this.provider.getTracer('plinth');
  }

  /** Continues the trace of `parent`; begins one where that is absent or no `traceparent`. */
  start({ name, kind, parent, fields = {} }: SpanStart): Span {
    return spanOf(this.tracer.startSpan(name, { kind: kinds[kind], attributes: spanAttributes(fields) }, contextOf(parent)));
  }

  /** Sends what is left, for 2 s at most: a collector that is away does not hold up the end of a process. Never rejects. */
  async close(): Promise<void> {
    const patience = new AbortController();
    const sent = this.provider.shutdown().catch(() => undefined);
    await Promise.race([sent, delay(closeTimeoutMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
  }
}

function contextOf(traceparent: string | null | undefined): Context {
  const parent = parseTraceparent(traceparent);
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true });
}

function spanOf(span: OtelSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceId,
    traceparent: formatTraceparent({ traceId, spanId, flags: traceFlags }),
    end: ({ name, fields = {}, failed = false }: SpanEnd = {}) => {
      if (name !== undefined) span.updateName(name);
      span.setAttributes(spanAttributes(fields));
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** The exporter drops a batch that it cannot send, in silence; here the first of a row is told, and the first that arrives again. */
function tellOutages(exporter: SpanExporter, { onOutage, onRecovery }: TraceExport): SpanExporter {
  let away = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed && !away) onOutage(result.error);
        if (!failed && away) onRecovery();
        away = failed;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}
