import { parseCronItem } from 'graphile-worker';

/** A minute as a cron expression sees it. */
interface Minute {
  readonly min: number;
  readonly hour: number;
  readonly date: number;
  readonly month: number;
  readonly dow: number;
}

const minuteMs = 60_000;
// Every zone's changes of clocks fall on a quarter of an hour of UTC.
const quarterMs = 15 * minuteMs;
const dayMs = 24 * 60 * minuteMs;
// The rarest expressions (29 February) come back within eight years.
const horizonMs = 8 * 366 * dayMs;

/** The moments of a cron expression in a time zone. The expression is the library's; it knows UTC only, the zone is added here. */
export class CronSchedule {
  private readonly matchesLocally: (minute: Minute) => boolean;
  private readonly wallClock: Intl.DateTimeFormat;
  private readonly daysWithMatch = new Map<number, boolean>();
  private quarter = Number.NaN;
  private offsetMs = 0;

  /** @throws Error where the expression or the zone is not one */
  constructor(cron: string, timeZone: string) {
    this.matchesLocally = parseCronItem({ task: 'job', match: cron }).match;
    this.wallClock = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
    });
  }

  matches(moment: Date): boolean {
    return this.matchesLocally(minuteOf(moment.getTime() + this.offsetAt(moment.getTime())));
  }

  /**
   * For the library's clock, which tells a minute of UTC without its year.
   *
   * @param now the year is the one that puts the minute closest to this moment
   */
  matchesUtcMinute({ min, hour, date, month }: Minute, now = new Date()): boolean {
    const year = now.getUTCFullYear();
    const moments = [year - 1, year, year + 1].map((candidate) => Date.UTC(candidate, month - 1, date, hour, min));
    const distance = (moment: number) => Math.abs(moment - now.getTime());
    return this.matches(new Date(moments.reduce((nearest, moment) => (distance(moment) < distance(nearest) ? moment : nearest))));
  }

  /** The next moment strictly after the given one; null where there is none within eight years (31 February). */
  next(after: Date): Date | null {
    const first = (Math.floor(after.getTime() / minuteMs) + 1) * minuteMs;
    let moment = first;
    while (moment < first + horizonMs) {
      const day = Math.floor(moment / dayMs);
      // A day of UTC lies within three days of any zone. Most can be passed over without asking for its offset.
      if ([day - 1, day, day + 1].some((wallDay) => this.hasMatch(wallDay))) {
        for (; moment < (day + 1) * dayMs; moment += minuteMs) if (this.matches(new Date(moment))) return new Date(moment);
      }
      moment = (day + 1) * dayMs;
    }
    return null;
  }

  /** Whether any minute of this day matches. @param wallDay days of the calendar since 1970 */
  private hasMatch(wallDay: number): boolean {
    const known = this.daysWithMatch.get(wallDay);
    if (known !== undefined) return known;
    const { date, month, dow } = minuteOf(wallDay * dayMs);
    let found = false;
    for (let minute = 0; minute < 1440 && !found; minute++) found = this.matchesLocally({ min: minute % 60, hour: Math.floor(minute / 60), date, month, dow });
    // Three days are asked for again and again; the rest need not be kept.
    if (this.daysWithMatch.size > 8) this.daysWithMatch.clear();
    this.daysWithMatch.set(wallDay, found);
    return found;
  }

  /** What the zone's clocks show beyond UTC, in milliseconds; asked once a quarter of an hour, for the answer is dear. */
  private offsetAt(moment: number): number {
    const quarter = Math.floor(moment / quarterMs);
    if (quarter !== this.quarter) {
      const parts = this.wallClock.formatToParts(quarter * quarterMs);
      const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = ['year', 'month', 'day', 'hour', 'minute'].map((type) => Number(parts.find((part) => part.type === type)?.value));
      this.offsetMs = Date.UTC(year, month - 1, day, hour, minute) - quarter * quarterMs;
      this.quarter = quarter;
    }
    return this.offsetMs;
  }
}

/** @param wallMs a wall clock's time as if it were UTC's */
function minuteOf(wallMs: number): Minute {
  const wall = new Date(wallMs);
  return { min: wall.getUTCMinutes(), hour: wall.getUTCHours(), date: wall.getUTCDate(), month: wall.getUTCMonth() + 1, dow: wall.getUTCDay() };
}
