import { AggregateOrder } from './aggregate-order.js';
import { FairTurns } from './fair-turns.js';
import type { BatchBounds, ClaimedEvent, OutboxTable } from './outbox-table.js';

export interface ReaderPolicy {
  readonly batch: BatchBounds;
  /** How far back, in milliseconds, each look goes for what committed late. */
  readonly lateWindowMs: number;
  /** How often, in milliseconds, all that lies below is looked at; a look that takes long is repeated less often. */
  readonly deepEveryMs: number;
}

// A look below the cursor may cost no more than the 25th part of the time, however much an old snapshot keeps from being purged there.
const deepDuty = 25;
const maxTurns = 64;
const minRowsPerTurn = 10;

/**
 * Finds what is to be published next in one outbox, and knows what is in hand.
 *
 * While little waits, events come in the order of their insertion, by one query. Once a look finds a whole batch, the
 * tenants take turns (`FairTurns`) until nothing is left: one tenant's million events do not stand before another's one.
 * Order: that of the insertion per aggregate, whose events are all in one queue; one that committed late goes first all the
 * same (`AggregateOrder`).
 * Nothing is read twice while it is in hand. Nothing is lost by a cursor: what commits late, waits for a try or was
 * behind a held event lies below it and is found by the looks at what lies below.
 */
export class EventReader {
  private readonly inHand = new Map<string, number>();
  /** Up to here the outbox was read in order; while tenants take turns, up to here arrivals were noticed. */
  private cursor = 0;
  /** Cursors with the times since when they stood, oldest first; the first one stood when the window began. */
  private readonly past: { readonly atMs: number; readonly cursor: number }[] = [{ atMs: -Infinity, cursor: 0 }];
  private turns: FairTurns | undefined;
  private deepDueAtMs = 0;
  private readonly order: AggregateOrder;

  constructor(
    private readonly table: OutboxTable,
    private readonly partitions: readonly number[],
    private readonly policy: ReaderPolicy,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.order = new AggregateOrder(table);
  }

  /** Whether more than a batch was waiting at the last look. */
  get behind(): boolean {
    return this.turns !== undefined;
  }

  /** The next batch, none of it in hand yet; now it is, until `done` or `giveBack`. @throws the driver's error */
  async next(): Promise<ClaimedEvent[]> {
    const found = this.turns === undefined ? await this.readInOrder() : await this.readTurns(this.turns);
    const { inOrder: events, overtaken } = await this.order.sort(found.filter(({ id }) => !this.inHand.has(id)), [...this.inHand.keys()]);
    for (const { turn_id: turnId, sequence } of overtaken) this.readAgainFrom(turnId, Number(sequence) - 1);
    for (const { id, sequence } of events) this.inHand.set(id, Number(sequence));
    return events;
  }

  /** What became of these stands in the outbox. */
  done(events: readonly ClaimedEvent[]): void {
    for (const { id } of events) this.inHand.delete(id);
  }

  /** These were not sent: they are found again. */
  giveBack(events: readonly ClaimedEvent[]): void {
    this.done(events);
    this.order.forget(events);
    for (const { turn_id: turnId, sequence } of events) this.readAgainFrom(turnId, Number(sequence) - 1);
  }

  /**
   * These are about to be marked as published, and what stands behind them of their aggregates may follow. It may lie far
   * below what is looked at each time, and an event that comes now must not overtake it: so looks begin there again. To be
   * called before the mark is sent, and while no look is under way.
   */
  release(events: readonly ClaimedEvent[]): void {
    for (const { turn_id: turnId, sequence } of events) this.readAgainFrom(turnId, Number(sequence));
  }

  private readAgainFrom(turnId: string, after: number): void {
    if (this.turns === undefined) this.cursor = Math.min(this.cursor, after);
    else this.turns.admit(turnId, after);
  }

  private async readInOrder(): Promise<ClaimedEvent[]> {
    const { batch } = this.policy;
    const deep = this.nowMs() >= this.deepDueAtMs;
    const position = { cursor: this.cursor, lateFrom: deep ? 0 : this.lateFrom(), inHand: [...this.inHand.keys()] };
    const look = () => this.table.readInOrder(this.partitions, position, batch);
    const events = deep ? await this.deeply(look) : await look();
    const last = Number(events.at(-1)?.sequence ?? 0);
    this.advance(Math.max(this.cursor, last));
    if (events.length >= batch.rows || bytesOf(events) >= batch.bytes) await this.beginTurns();
    return events;
  }

  private async beginTurns(): Promise<void> {
    const readUpTo = this.cursor;
    const turns = new FairTurns(maxTurns);
    // In this order: what comes in between is noticed as an arrival, or is found in its queue.
    this.advance(Math.max(readUpTo, await this.table.findLast()));
    for (const turnId of await this.table.findTurns()) turns.admit(turnId, readUpTo);
    this.turns = turns;
  }

  private async readTurns(turns: FairTurns): Promise<ClaimedEvent[]> {
    const inHand = [...this.inHand.keys()];
    const arrivals = await this.table.findArrivals(this.lateFrom(), inHand);
    for (const { turnId, first } of arrivals) turns.admit(turnId, first - 1);
    this.advance(Math.max(this.cursor, ...arrivals.map(({ last }) => last)));
    if (this.nowMs() >= this.deepDueAtMs) {
      const behind = await this.deeply(() => this.table.findLeftBehind(this.partitions, turns.positions, inHand));
      for (const { turnId, first } of behind) turns.admit(turnId, first - 1);
    }
    const { batch } = this.policy;
    const chosen = turns.next(batch.bytes);
    const rows = Math.max(minRowsPerTurn, Math.ceil(batch.rows / Math.max(1, chosen.length)));
    const events = chosen.length === 0 ? [] : await this.table.readTurns(this.partitions, chosen, rows);
    const byTurn = Map.groupBy(events, (event) => event.turn_id);
    for (const { turnId, maxBytes } of chosen) {
      const taken = byTurn.get(turnId) ?? [];
      const bytes = bytesOf(taken);
      turns.served(turnId, { bytes, last: taken.length === 0 ? undefined : Number(taken.at(-1)?.sequence), drained: taken.length < rows && bytes < maxBytes });
    }
    // Nothing is known to wait: back to the order of insertion, from the last arrival on.
    if (turns.idle) this.turns = undefined;
    return events;
  }

  private advance(cursor: number): void {
    const now = this.nowMs();
    this.cursor = cursor;
    this.past.push({ atMs: now, cursor });
    while ((this.past[1]?.atMs ?? now) < now - this.policy.lateWindowMs) this.past.shift();
  }

  private lateFrom(): number {
    return Math.min(this.cursor, this.past[0]?.cursor ?? 0);
  }

  private async deeply<T>(look: () => Promise<T>): Promise<T> {
    const startedMs = this.nowMs();
    const found = await look();
    const endedMs = this.nowMs();
    this.deepDueAtMs = endedMs + Math.max(this.policy.deepEveryMs, (endedMs - startedMs) * deepDuty);
    return found;
  }
}

function bytesOf(events: readonly ClaimedEvent[]): number {
  return events.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
}
