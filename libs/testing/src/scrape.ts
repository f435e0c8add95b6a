/** The names of all metrics that a scrape tells of, also of those without a value yet. */
export function familiesOf(scrape: string): Set<string> {
  return new Set([...scrape.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name ?? ''));
}

/** The series of a metric: labels in Prometheus' own writing, and the value. */
export function seriesOf(scrape: string, metric: string): Map<string, number> {
  const lines = scrape.split('\n').filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
  return new Map(lines.map((line) => [line.slice(metric.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

/** Every value of every label of the suite's own metrics. */
export function labelValuesOf(scrape: string): Set<string> {
  const own = scrape.split('\n').filter((line) => line.startsWith('plinth_') && !line.startsWith('plinth_process_'));
  return new Set(own.flatMap((line) => [...line.matchAll(/[a-z_]+="((?:[^"\\]|\\.)*)"/g)].map(([, value]) => value ?? '')));
}
