import type { QuotaMetric } from '@plinth/contracts';

/** A tenant's account of one metric for one period; of a standing metric for good. Units throughout. */
export interface WindowState {
  readonly id: string;
  readonly tenantId: string;
  readonly metric: QuotaMetric;
  /** `YYYY-MM`, with `.2` and so on after an operator's reset; null for a standing metric. */
  readonly period: string | null;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly limit: number;
  /** What `settled + reserved + leased` never pass: the limit, or what was granted already when it was lowered. */
  readonly ceiling: number;
  /** Counted as used, within the limit; what was forfeited is in it. */
  readonly settled: number;
  readonly reserved: number;
  readonly leased: number;
  /** Of `settled`: of grants whose holder never told. */
  readonly forfeited: number;
  /** Used beyond what was granted and could be granted; counted as used, and never within the limit. */
  readonly overrun: number;
  /** The highest threshold that was told of, in percent. */
  readonly toldPercent: number;
  readonly closedAt: Date | null;
}

export type GrantKind = 'reservation' | 'lease';

/** Told of once a period each, in percent of the limit. */
const thresholds = [80, 100] as const;
/** A standing metric that fell this far below a threshold is told of again when it comes back. */
const rearmBelow = 10;

/**
 * The arithmetic of the ledger. Whatever is done to it, `settled + reserved + leased` stay at or below the ceiling, and
 * `settled + overrun` is all that was used.
 */
export class QuotaWindow {
  private state: { -readonly [Name in keyof WindowState]: WindowState[Name] };

  constructor(state: WindowState) {
    this.state = { ...state };
  }

  get facts(): WindowState {
    return this.state;
  }

  /** What was used, within the limit and beyond. */
  get used(): number {
    return this.state.settled + this.state.overrun;
  }

  /** What can still be granted. */
  get free(): number {
    return Math.max(0, this.state.limit - this.granted);
  }

  /** Of the limit, rounded down; over 100 where more was used. A limit of nothing is used up. */
  get percent(): number {
    if (this.state.limit === 0) return 100;
    return Number((BigInt(this.used) * 100n) / BigInt(this.state.limit));
  }

  /** Closed, and nothing of it is held: what was used is known. */
  get isSettled(): boolean {
    return this.state.closedAt !== null && this.state.reserved + this.state.leased === 0;
  }

  hasEnded(now: Date): boolean {
    return this.state.endsAt !== null && this.state.endsAt <= now;
  }

  /** From now on this is the limit. What was granted stays granted, also beyond a lower one. */
  limitTo(limit: number): void {
    this.state.limit = limit;
    this.settleOverrun();
  }

  /** @returns whether there was room for it */
  reserve(units: number): boolean {
    if (units > this.free) return false;
    this.state.reserved += units;
    return true;
  }

  /**
   * A block for a holder to spend from: an eighth of what is free at most, so that blocks shrink to one near the limit and
   * no holder sits on what another needs.
   *
   * @returns its units, from `atLeast` to `wanted`; 0 where there is no room
   */
  lease(wanted: number, atLeast: number): number {
    if (atLeast > this.free) return 0;
    const units = Math.max(atLeast, Math.min(wanted, Math.floor(this.free / 8)));
    this.state.leased += units;
    return units;
  }

  /** Ends what was granted: so much of it was used, and the rest is free. What was used beyond it takes what is free, and is overrun for the rest. */
  end(kind: GrantKind, granted: number, used: number): void {
    if (kind === 'lease') this.state.leased -= granted;
    else this.state.reserved -= granted;
    this.use(granted, used);
  }

  /** The holder of what was forfeited tells after all what it used. */
  correctForfeit(granted: number, used: number): void {
    this.takeBack(granted);
    this.state.forfeited -= granted;
    this.use(granted, used);
  }

  /** Of a standing metric: what was used is no more. */
  giveBack(used: number): void {
    this.takeBack(used);
    this.settleOverrun();
  }

  /** The thresholds that are reached and have not been told of, from the lowest on; they count as told from now on. */
  takeThresholds(): readonly number[] {
    const { toldPercent, endsAt } = this.state;
    const { percent } = this;
    const reached = thresholds.filter((threshold) => threshold <= percent);
    const untold = reached.filter((threshold) => threshold > toldPercent);
    const highest = reached.at(-1) ?? 0;
    if (highest > toldPercent || (endsAt === null && percent < toldPercent - rearmBelow)) this.state.toldPercent = highest;
    return untold;
  }

  close(at: Date): void {
    this.state.closedAt = at;
  }

  private get granted(): number {
    return this.state.settled + this.state.reserved + this.state.leased;
  }

  private use(granted: number, used: number): void {
    this.state.settled += Math.min(granted, used);
    this.state.overrun += Math.max(0, used - granted);
    this.settleOverrun();
  }

  /** Overrun goes first: it is what stood beyond the limit. */
  private takeBack(used: number): void {
    const fromOverrun = Math.min(this.state.overrun, used);
    this.state.overrun -= fromOverrun;
    this.state.settled -= used - fromOverrun;
  }

  /** What is free takes up overrun before anything else, and the ceiling comes down with what is granted. */
  private settleOverrun(): void {
    const settled = Math.min(this.state.overrun, this.free);
    this.state.overrun -= settled;
    this.state.settled += settled;
    this.state.ceiling = Math.max(this.state.limit, Math.min(this.state.ceiling, this.granted));
  }
}
