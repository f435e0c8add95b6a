import type { Outage, Outcome } from './trial.js';

/** One part's rounds, and what became of the load under them. */
export interface PartReport {
  readonly part: string;
  readonly outcome: Outcome;
}

const head = ['part', 'kills', 'up s', 'first entry s (median, most)', 'answered', 'lost', 'doubled', 'answers lost', 'sent twice'];

/** A table for a person: times are of this machine at this moment and decide nothing. */
export function reportOf(reports: readonly PartReport[]): string {
  const rows = reports.map(({ part, outcome }) => {
    const { outages } = outcome;
    const entries = outages.map(({ entrySeconds }) => entrySeconds).sort((one, other) => one - other);
    return [
      part,
      String(outages.length),
      (outages.reduce((sum, { upSeconds }) => sum + upSeconds, 0) / outages.length).toFixed(1),
      `${seconds(entries[Math.floor(entries.length / 2)])}, ${seconds(entries.at(-1))}`,
      ...[outcome.answered, outcome.lost.length + outcome.unanswered.length, outcome.doubled.length, outcome.recovered, outcome.duplicates].map(String),
    ];
  });
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd();
  const details = reports.map(({ part, outcome }) => `  ${part}: not answered 2xx at first: ${JSON.stringify(outcome.setbacks)}`);
  return ['', line(head), ...rows.map(line), ...details, ''].join('\n');
}

/** What one fault did, for who watches. */
export function lineOf({ fault, upSeconds, entrySeconds }: Outage): string {
  return `  ${fault}: up in ${seconds(upSeconds)} s, first new entry ${seconds(entrySeconds)} s later\n`;
}

function seconds(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(1);
}
