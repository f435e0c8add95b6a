/** A calendar month of a time zone, as a stretch of time. */
export interface BillingPeriod {
  /** `YYYY-MM`. */
  readonly id: string;
  /** The first instant that belongs to it. */
  readonly startsAt: Date;
  /** The first instant that does not. */
  readonly endsAt: Date;
}

const hourMs = 3_600_000;
/** No zone is further from UTC, and no change of clocks moves them by more than a day. */
const farthestMs = 26 * hourMs;

/**
 * The month that an instant belongs to, in the zone's own calendar. Months follow one another without a gap and without an
 * overlap, whatever clocks do at midnight: one begins where its first day is first read from a clock in the zone.
 *
 * @param timeZone an IANA name
 * @throws RangeError for a zone that is none
 */
export function billingPeriodAt(instant: Date, timeZone: string): BillingPeriod {
  const [year, month] = wallClock(instant.getTime(), timeZone);
  const period = monthOf(year, month, timeZone);
  // Clocks that went back over midnight read the old month again, which has ended all the same.
  return instant < period.endsAt ? period : monthOf(year, month + 1, timeZone);
}

/** The month after this one, in the zone. */
export function nextBillingPeriod(id: string, timeZone: string): BillingPeriod {
  const [year = 0, month = 0] = id.split('-').map(Number);
  return monthOf(year, month + 1, timeZone);
}

/**
 * The day that an instant belongs to, in the zone's own calendar, as `YYYY-MM-DD`. As with months, a day begins where a clock in the zone first
 * reads it, and is over then: what clocks read twice is the later day's.
 *
 * @param timeZone an IANA name
 * @throws RangeError for a zone that is none
 */
export function dayAt(instant: Date, timeZone: string): string {
  const [year, month, day] = wallClock(instant.getTime(), timeZone);
  return isoDay(year, month, instant < startOfDay(year, month, day + 1, timeZone) ? day : day + 1);
}

/** @param month from 1; 13 is the next year's January */
function monthOf(year: number, month: number, timeZone: string): BillingPeriod {
  const id = isoDay(year, month, 1).slice(0, 7);
  return { id, startsAt: startOfDay(year, month, 1, timeZone), endsAt: startOfDay(year, month + 1, 1, timeZone) };
}

/** Days and months beyond their ends are those of the next month and year. */
function isoDay(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}

/** The first instant at which a clock in the zone reads the day. */
function startOfDay(year: number, month: number, day: number, timeZone: string): Date {
  const midnightMs = Date.UTC(year, month - 1, day);
  const offsets = [midnightMs - farthestMs, midnightMs + farthestMs].map((ms) => readingMs(ms, timeZone) - ms);
  const candidates = offsets.map((offsetMs) => midnightMs - offsetMs).filter((ms) => readingMs(ms, timeZone) === midnightMs);
  // Of a midnight that comes twice the first counts; one that clocks leap over begins where they land.
  return new Date(candidates.length > 0 ? Math.min(...candidates) : landingMs(midnightMs, timeZone));
}

/** The first instant at which clocks read that time or a later one, where no clock reads the very time: by halving. */
function landingMs(wallMs: number, timeZone: string): number {
  let [before, from] = [wallMs - farthestMs, wallMs + farthestMs];
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (readingMs(middle, timeZone) >= wallMs) from = middle;
    else before = middle;
  }
  return from;
}

/** What a clock in the zone reads at an instant, to the second, as if it were UTC. */
function readingMs(instantMs: number, timeZone: string): number {
  const [year, month, day, hour, minute, second] = wallClock(instantMs, timeZone);
  // Seconds are cut, so that before 1970 and after a time stands for the second that it is in.
  const withinSecondMs = ((instantMs % 1_000) + 1_000) % 1_000;
  return Date.UTC(year, month - 1, day, hour, minute, second) + withinSecondMs;
}

type WallClock = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number];

/** Making one takes longer than asking it a hundred times. */
const formats = new Map<string, Intl.DateTimeFormat>();

function wallClock(instantMs: number, timeZone: string): WallClock {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, calendar: 'gregory', hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    formats.set(timeZone, format);
  }
  const read = Object.fromEntries(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = read;
  return [year, month, day, hour, minute, second];
}
