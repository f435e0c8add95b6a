import { CronSchedule } from './cron-schedule.js';

const next = (cron: string, zone: string, after: string) => new CronSchedule(cron, zone).next(new Date(after))?.toISOString() ?? null;

describe('CronSchedule', () => {
  it.each([
    ['17 * * * *', 'UTC', '2026-11-22T10:16:59.999Z', '2026-11-22T10:17:00.000Z'],
    ['17 * * * *', 'UTC', '2026-11-22T10:17:00.000Z', '2026-11-22T11:17:00.000Z'],
    ['0 3 * * 1', 'UTC', '2026-11-22T10:00:00Z', '2026-11-23T03:00:00.000Z'],
    ['0 0 29 2 *', 'UTC', '2026-11-22T10:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['30 9 * * *', 'Europe/Berlin', '2026-11-22T00:00:00Z', '2026-11-22T08:30:00.000Z'],
    ['30 9 * * *', 'Europe/Berlin', '2026-07-22T00:00:00Z', '2026-07-22T07:30:00.000Z'],
    ['0 0 1 * *', 'Asia/Kathmandu', '2026-11-22T00:00:00Z', '2026-11-30T18:15:00.000Z'],
    ['0 0 * * 0', 'America/Los_Angeles', '2026-11-22T12:00:00Z', '2026-11-29T08:00:00.000Z'],
  ])('%s in %s comes after %s at %s', (cron, zone, after, expected) => {
    expect(next(cron, zone, after)).toBe(expected);
  });

  it('leaves out a time that the change of clocks leaves out, and has one twice that it repeats', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2027-03-28T00:00:00Z')).toBe('2027-03-29T00:30:00.000Z');
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-25T00:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z')).toBe('2026-10-25T01:30:00.000Z');
  });

  it('has no next moment for a day that no month has', () => {
    expect(next('0 0 31 2 *', 'UTC', '2026-11-22T00:00:00Z')).toBeNull();
  });

  it('knows the year of a minute that the clock tells without one, also around New Year', () => {
    // A Friday in 2027, and another weekday in the years beside it.
    const fridays = new CronSchedule('30 23 * * 5', 'America/New_York');
    const minute = { min: 30, hour: 4, date: 2, month: 1, dow: 6 };
    expect(fridays.matchesUtcMinute(minute, new Date('2026-12-31T12:00:00Z'))).toBe(true);
    expect(fridays.matchesUtcMinute(minute, new Date('2025-12-31T12:00:00Z'))).toBe(false);
  });

  it.each([
    ['61 * * * *', 'UTC'],
    ['* * * *', 'UTC'],
    ['* * * * *', 'Europe/Nowhere'],
  ])('refuses %s in %s', (cron, zone) => {
    expect(() => new CronSchedule(cron, zone)).toThrow();
  });
});
