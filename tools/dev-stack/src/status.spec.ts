import { ageText, statusTable } from './status.ts';
import { topicRow } from './topics.ts';

describe('make status', () => {
  it('lines its columns up and ends with the sum of the memory', () => {
    const table = statusTable([
      { part: 'gateway', address: '127.0.0.1:8080', state: 'ready', pid: 12, pssKib: 102_400, ageSeconds: 61 },
      { part: 'kafka', address: '127.0.0.1:8181', state: 'stopped' },
    ]);
    expect(table.split('\n')).toEqual([
      'part     pid  address         state    memory  age',
      'gateway  12   127.0.0.1:8080  ready    100 MB  1 min',
      'kafka    -    127.0.0.1:8181  stopped  -       -',
      'sum                                    100 MB',
    ]);
  });

  it.each([[59.9, '59 s'], [3_599, '59 min'], [7_200, '2 h'], [200_000, '2 d']])('tells %d seconds as %s', (seconds, text) => {
    expect(ageText(seconds)).toBe(text);
  });
});

describe('make topics', () => {
  it('counts what lies between the first and the end offsets, and shows the end offsets in order', () => {
    const offsets = [{ partition: 1, low: '5', high: '9' }, { partition: 0, low: '0', high: '3' }];
    expect(topicRow('plinth.audit', offsets)).toEqual(['plinth.audit', '2', '7', '3 9']);
  });
});
