import type { Benchmark, Measurement } from './benchmark.ts';

/** The value in the middle; the mean of the two there, where their number is even. NaN of none. */
export function medianOf(samples: readonly number[]): number {
  const sorted = samples.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** A table for a person. What can be compared between machines and days is the ratio: both sides were measured in one run. */
export function reportOf({ name, about }: Benchmark, measurements: readonly Measurement[]): string {
  const yardstick = medianOf(measurements[0]?.samples ?? []);
  const rows = measurements.map(({ name: measured, unit, samples }) => {
    const median = medianOf(samples);
    return [measured, figure(median), unit, `${figure(Math.min(...samples))} - ${figure(Math.max(...samples))}`, String(samples.length), figure(median / yardstick)];
  });
  const table = [['', 'median', '', 'least - most', 'samples', 'ratio'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return ['', `${name}: ${about}`, ...table.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()), ''].join('\n');
}

/** Three digits that count, no exponent. */
function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
