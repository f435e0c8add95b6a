import { retryAfterMs } from './retry-after.js';

describe('retryAfterMs', () => {
  const now = Date.parse('2026-11-22T08:00:00Z');

  it.each([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Sun, 22 Nov 2026 08:00:07 GMT' }, 7_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 07:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, 0],
    [{ 'retry-after': '-1' }, 0],
    [{ 'retry-after-ms': '120', 'retry-after': '1' }, 120],
    [{}, 0],
  ])('reads %j as %i ms', (headers, expected) => {
    expect(retryAfterMs(headers, now)).toBe(expected);
  });
});
