import { medianOf, reportOf } from './report.ts';

describe('the report of a benchmark', () => {
  it('has the middle of the samples, whatever their order and number', () => {
    expect([medianOf([3]), medianOf([9, 1, 2]), medianOf([4, 1, 2, 100])]).toEqual([3, 2, 3]);
    expect(medianOf([])).toBeNaN();
  });

  it('gives medians, their spread, and ratios to the first measurement', () => {
    const benchmark = { name: 'sample', about: 'how it goes', run: () => Promise.reject(new Error('not run')) };
    const text = reportOf(benchmark, [
      { name: 'yardstick', unit: 'commits/s', samples: [200, 100, 300] },
      { name: 'work', unit: 'entries/s', samples: [1500, 2500] },
    ]);
    expect(text.split('\n').map((line) => line.split(/\s{2,}/))).toEqual([
      [''],
      ['sample: how it goes'],
      ['', 'median', 'least - most', 'samples', 'ratio'],
      ['yardstick', '200', 'commits/s', '100 - 300', '3', '1.00'],
      ['work', '2000', 'entries/s', '1500 - 2500', '2', '10.0'],
      [''],
    ]);
  });
});
