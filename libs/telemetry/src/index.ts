export { atMostEvery } from './cached-look-up.js';
export { JobMetrics, jobMetrics, type FinishedRun } from './job-metrics.js';
export { defineMetrics, durationBuckets, type MetricDefinition } from './metric-definition.js';
export { Metrics, type CounterOf, type GaugeOf, type HistogramOf, type Instruments } from './metrics.js';
export type { SpanFields } from './span-fields.js';
export { TelemetryModule } from './telemetry.module.js';
export { continueTrace, formatTraceparent, parseTraceparent, type TraceContext } from './traceparent.js';
export { Tracing, type Span, type SpanEnd, type SpanStart, type TraceExport } from './tracing.js';
