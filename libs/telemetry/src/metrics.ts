import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricDefinition } from './metric-definition.js';

type LabelsOf<D extends MetricDefinition> = Readonly<Record<D['labels'][number], string>>;

/** A figure that only grows. `add` counts 1 by default, and throws for less than 0. */
export interface CounterOf<L> {
  add(labels: L, count?: number): void;
}
/** A figure that goes up and down, in the unit of its name. */
export interface GaugeOf<L> {
  set(labels: L, value: number): void;
  /** Forgets all values, so that what no longer exists is not shown. */
  clear(): void;
}
/** How values spread over the buckets, in the unit of its name: seconds, not milliseconds. */
export interface HistogramOf<L> {
  observe(labels: L, value: number): void;
}

type Instrument<D extends MetricDefinition> = D['kind'] extends 'counter'
  ? CounterOf<LabelsOf<D>>
  : D['kind'] extends 'gauge'
    ? GaugeOf<LabelsOf<D>>
    : HistogramOf<LabelsOf<D>>;

export type Instruments<T extends Readonly<Record<string, MetricDefinition>>> = { readonly [K in keyof T]: Instrument<T[K]> };

/**
 * The metrics of one application, with a registry of its own, so that several run in one process.
 * prom-client keeps and prints them (the reference client for Prometheus in Node).
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly collectors: (() => void | Promise<void>)[] = [];

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry, prefix: 'plinth_process_' });
  }

  /** The instruments of a table; asking twice gives the same ones. */
  of<const T extends Readonly<Record<string, MetricDefinition>>>(definitions: T): Instruments<T> {
    const entries = Object.entries(definitions).map(([key, definition]) => [key, this.instrument(definition)]);
    return Object.fromEntries(entries) as Instruments<T>;
  }

  /** Runs before each scrape, for values that are looked up then. A failure leaves the last values. */
  beforeScrape(collect: () => void | Promise<void>): void {
    this.collectors.push(collect);
  }

  /** Prometheus' text format, version 0.0.4. */
  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    await Promise.allSettled(this.collectors.map(async (collect) => collect()));
    return { contentType: this.registry.contentType, body: await this.registry.metrics() };
  }

  private instrument({ name, kind, help, labels, buckets }: MetricDefinition): unknown {
    const options = { name, help, labelNames: [...labels], registers: [this.registry] };
    const known = this.registry.getSingleMetric(name);
    switch (kind) {
      case 'counter': {
        const counter = (known as Counter | undefined) ?? new Counter(options);
        return { add: (values: Record<string, string>, count = 1) => counter.inc(values, count) };
      }
      case 'gauge': {
        const gauge = (known as Gauge | undefined) ?? new Gauge(options);
        return { set: (values: Record<string, string>, value: number) => gauge.set(values, value), clear: () => gauge.reset() };
      }
      case 'histogram': {
        const histogram = (known as Histogram | undefined) ?? new Histogram({ ...options, ...(buckets ? { buckets: [...buckets] } : {}) });
        return { observe: (values: Record<string, string>, value: number) => histogram.observe(values, value) };
      }
    }
  }
}
