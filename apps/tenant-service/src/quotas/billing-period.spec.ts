import fc from 'fast-check';
import { billingPeriodAt, nextBillingPeriod } from './billing-period.js';

const at = (text: string) => new Date(text);
const spelt = (instant: string, timeZone: string) => {
  const { id, startsAt, endsAt } = billingPeriodAt(at(instant), timeZone);
  return [id, startsAt.toISOString(), endsAt.toISOString()];
};
const read = (instant: Date, timeZone: string) => new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(instant);

describe('the billing period', () => {
  it.each([
    ['UTC', '2026-11-27T12:00:00Z', '2026-11', '2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
    ['UTC', '2028-02-29T23:59:59.999Z', '2028-02', '2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['UTC', '2026-12-31T23:59:59.999Z', '2026-12', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    // Summer time ends on 25 October: the month has an hour more than its days.
    ['Europe/Zurich', '2026-10-15T00:00:00Z', '2026-10', '2026-09-30T22:00:00.000Z', '2026-10-31T23:00:00.000Z'],
    ['Europe/Zurich', '2026-03-31T22:30:00Z', '2026-04', '2026-03-31T22:00:00.000Z', '2026-04-30T22:00:00.000Z'],
    ['America/Los_Angeles', '2026-12-01T07:59:59.999Z', '2026-11', '2026-11-01T07:00:00.000Z', '2026-12-01T08:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-11-30T10:00:00Z', '2026-12', '2026-11-30T10:00:00.000Z', '2026-12-31T10:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-30T18:15:00Z', '2026-12', '2026-11-30T18:15:00.000Z', '2026-12-31T18:15:00.000Z'],
  ])('of %s at %s is %s, from %s to %s', (zone, instant, ...expected) => {
    expect(spelt(instant, zone)).toEqual(expected);
  });

  it('begins where clocks land that leap over its midnight', () => {
    // Paraguay, 2017-10-01: 00:00 became 01:00.
    expect(spelt('2017-10-01T04:00:00Z', 'America/Asuncion')[1]).toBe('2017-10-01T04:00:00.000Z');
    expect(read(at('2017-10-01T04:00:00Z'), 'America/Asuncion')).toBe('2017-10-01 01:00:00');
    expect(spelt('2017-10-01T03:59:59.999Z', 'America/Asuncion')[0]).toBe('2017-09');
  });

  it('begins at the first of two midnights, and does not end again when clocks go back over it', () => {
    // Newfoundland, 2009-11-01: 00:01 became 23:01 of the day before.
    const [id, startsAt] = spelt('2009-11-01T02:30:30Z', 'America/St_Johns');
    expect([id, startsAt]).toEqual(['2009-11', '2009-11-01T02:30:00.000Z']);
    const readAgain = at('2009-11-01T02:45:00Z');
    expect(read(readAgain, 'America/St_Johns')).toBe('2009-10-31 23:15:00');
    expect(billingPeriodAt(readAgain, 'America/St_Johns').id).toBe('2009-11');
    // Cuba, 2020-11-01: 01:00 became 00:00, so that midnight came twice.
    expect(spelt('2020-11-01T05:30:00Z', 'America/Havana')[1]).toBe('2020-11-01T04:00:00.000Z');
  });

  it('refuses a zone that is none', () => {
    expect(() => billingPeriodAt(at('2026-11-27T12:00:00Z'), 'Mars/Olympus')).toThrow(RangeError);
  });

  const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
  const instants = fc.date({ min: at('1990-01-01T00:00:00Z'), max: at('2060-01-01T00:00:00Z'), noInvalidDate: true });

  it('holds its instant, and meets the next without a gap or an overlap, in every zone', () => {
    fc.assert(
      fc.property(zones, instants, (zone, instant) => {
        const period = billingPeriodAt(instant, zone);
        expect(period.startsAt.getTime()).toBeLessThanOrEqual(instant.getTime());
        expect(period.endsAt.getTime()).toBeGreaterThan(instant.getTime());
        const next = billingPeriodAt(period.endsAt, zone);
        expect(next.startsAt).toEqual(period.endsAt);
        expect(next).toEqual(nextBillingPeriod(period.id, zone));
        expect(billingPeriodAt(new Date(period.endsAt.getTime() - 1), zone)).toEqual(period);
        const days = (period.endsAt.getTime() - period.startsAt.getTime()) / 86_400_000;
        expect(days).toBeGreaterThan(26.9);
        expect(days).toBeLessThan(32.1);
      }),
      { numRuns: 500 },
    );
  });

  it('begins when a clock in the zone first reads its first day', () => {
    fc.assert(
      fc.property(zones, instants, (zone, instant) => {
        const { id, startsAt } = billingPeriodAt(instant, zone);
        expect(read(startsAt, zone) >= `${id}-01`).toBe(true);
        expect(read(new Date(startsAt.getTime() - 1), zone) < `${id}-01`).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
