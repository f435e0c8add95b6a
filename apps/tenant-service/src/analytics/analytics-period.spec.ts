import { analyticsPeriod } from './analytics-period.js';

const now = new Date('2026-11-30T23:30:00Z');
const codeOf = (asked: { from?: string; to?: string }) => {
  try {
    return analyticsPeriod(asked, now, 'UTC');
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('analyticsPeriod', () => {
  it('is the present month so far, by the calendar of the zone', () => {
    expect(analyticsPeriod({}, now, 'UTC')).toEqual({ from: '2026-11-01', to: '2026-11-30' });
    expect(analyticsPeriod({}, now, 'Europe/Berlin')).toEqual({ from: '2026-12-01', to: '2026-12-01' });
  });

  it('is what is asked for, up to 366 days', () => {
    expect(codeOf({ to: '2026-02-10' })).toEqual({ from: '2026-02-01', to: '2026-02-10' });
    expect(codeOf({ from: '2024-01-01', to: '2024-12-31' })).toEqual({ from: '2024-01-01', to: '2024-12-31' });
    expect(codeOf({ from: '2024-01-01', to: '2025-01-01' })).toBe('analytics_period_invalid');
  });

  it.each([{ from: '2026-12-01' }, { from: '2026-11-02', to: '2026-11-01' }, { from: '2026-13-01', to: '2026-11-01' }])('is not %j', (asked) => {
    expect(codeOf(asked)).toBe('analytics_period_invalid');
  });
});
