/** A metric as `@plinth/telemetry` defines it; only what a document needs. */
export interface DocumentedMetric {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export interface DocumentedMetrics {
  /** The library or app that declares them. */
  readonly owner: string;
  readonly metrics: readonly DocumentedMetric[];
}

/** The metrics of all tables among a module's exports; a table is known by its entries. */
export function metricsIn(module: Readonly<Record<string, unknown>>): DocumentedMetric[] {
  const tables = Object.values(module).filter(isTable);
  const metrics = new Map(tables.flatMap((table) => Object.values(table)).map((metric) => [metric.name, metric]));
  return [...metrics.values()];
}

/**
 * What is wrong with the tables: a name that is no `plinth_<noun>_<unit>` or is given twice, a counter
 * without `_total`, a line of help that is none, a label that invites what a client sends.
 */
export function metricFaults(all: readonly DocumentedMetrics[]): string[] {
  const faults: string[] = [];
  const seen = new Map<string, string>();
  for (const { owner, metrics } of all) {
    for (const metric of metrics) {
      const fault = (text: string) => faults.push(`${owner}: ${metric.name}: ${text}`);
      if (seen.has(metric.name)) fault(`is declared by ${seen.get(metric.name)} too`);
      seen.set(metric.name, owner);
      if (!/^plinth(_[a-z0-9]+){2,}$/.test(metric.name)) fault('must be plinth_<noun>_<unit>');
      if ((metric.kind === 'counter') !== metric.name.endsWith('_total')) fault('a counter ends in _total, and nothing else does');
      if (metric.kind === 'histogram' && !/_(seconds|bytes)$/.test(metric.name)) fault('a histogram ends in its unit');
      if (!/^\S.*\.$/.test(metric.help)) fault('its help must be a sentence');
      for (const label of metric.labels) {
        if (forbiddenLabels.has(label) || !/^[a-z][a-z_]*$/.test(label)) fault(`the label ${label} would hold what a client sends`);
      }
    }
  }
  return faults;
}

const forbiddenLabels: ReadonlySet<string> = new Set(['id', 'path', 'url', 'email', 'user', 'tenant', 'tenant_id', 'key', 'ip', 'request_id']);

/** `docs/metrics.md`: a table for each library. */
export function metricsPage(all: readonly DocumentedMetrics[]): string {
  const parts = [
    '# Metrics',
    [
      'Generated from the tables in `src/metrics.ts` of each library by `make generate`; do not edit. Every service answers `GET /metrics` at its own port in',
      "Prometheus' text format 0.0.4; the gateway forwards no `/metrics`. Each series also has the label `service`, and `plinth_process_*` are those that",
      '`prom-client` measures of any Node process. Label values come from code, never from a request; a request without a route counts as `unknown` (ADR 0016).',
    ].join('\n'),
  ];
  for (const { owner, metrics } of all) parts.push(`## ${owner}`, table(metrics));
  return `${parts.join('\n\n')}\n`;
}

function table(metrics: readonly DocumentedMetric[]): string {
  const rows = metrics.map(({ name, kind, help, labels }) => {
    const names = labels.map((label) => `\`${label}\``).join(' ');
    return `| \`${name}\` | ${kind} | ${names || 'none'} | ${help.replaceAll('|', '\\|')} |`;
  });
  return ['| metric | kind | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function isTable(value: unknown): value is Record<string, DocumentedMetric> {
  if (typeof value !== 'object' || value === null) return false;
  const entries = Object.values(value) as Partial<DocumentedMetric>[];
  return entries.length > 0 && entries.every((entry) => typeof entry?.name === 'string' && entry.name.startsWith('plinth_') && typeof entry.help === 'string');
}
