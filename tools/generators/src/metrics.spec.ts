import { metricFaults, metricsIn, metricsPage } from './metrics.ts';

const good = { name: 'plinth_calls_total', kind: 'counter', help: 'Calls | made.', labels: ['route'] };

describe('the metrics document', () => {
  it('takes the tables among the exports and nothing else, each metric once', () => {
    const table = { calls: good };
    expect(metricsIn({ table, again: table, text: 'plinth_', nothing: null, options: { name: 'x' }, empty: {}, run: () => undefined })).toEqual([good]);
  });

  it('shows name, kind, labels and meaning under its owner', () => {
    const page = metricsPage([{ owner: '@plinth/http', metrics: [good, { ...good, name: 'plinth_depth_rows', kind: 'gauge', labels: [] }] }]);
    expect(page).toContain('## @plinth/http\n\n| metric | kind | labels | meaning |');
    expect(page).toContain('| `plinth_calls_total` | counter | `route` | Calls \\| made. |');
    expect(page).toContain('| `plinth_depth_rows` | gauge | none |');
  });

  it.each([
    ['a name without unit', { name: 'plinth_calls', kind: 'gauge' }, 'plinth_<noun>_<unit>'],
    ['a counter without _total', { name: 'plinth_calls_made' }, '_total'],
    ['a gauge with _total', { kind: 'gauge' }, '_total'],
    ['a histogram without unit', { name: 'plinth_calls_taken', kind: 'histogram' }, 'unit'],
    ['help that is no sentence', { help: 'calls' }, 'sentence'],
    ['a label for what a client sends', { labels: ['path'] }, 'label path'],
  ])('refuses %s', (_, change, text) => {
    expect(metricFaults([{ owner: 'lib', metrics: [{ ...good, ...change }] }])).toEqual([expect.stringContaining(text)]);
  });

  it('refuses one name in two tables, and nothing that is in order', () => {
    expect(metricFaults([{ owner: 'one', metrics: [good] }])).toEqual([]);
    expect(metricFaults([{ owner: 'one', metrics: [good] }, { owner: 'two', metrics: [good] }])).toEqual([expect.stringContaining('declared by one too')]);
  });
});
