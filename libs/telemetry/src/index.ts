export { defineMetrics, durationBuckets, type MetricDefinition } from './metric-definition.js';
export { Metrics, type CounterOf, type GaugeOf, type HistogramOf, type Instruments } from './metrics.js';
