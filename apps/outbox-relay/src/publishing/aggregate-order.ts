import { aggregateOf, type ClaimedEvent, type OutboxTable, type WaitingEvent } from './outbox-table.js';

// Beyond it all is forgotten, and asked for again: some megabytes at most.
const maxAggregates = 20_000;

/**
 * Keeps an event from overtaking one of its aggregate that committed late.
 *
 * A transaction that takes its time to commit leaves its event below what is looked at each time, and the next event of the
 * aggregate, which waited for that commit, comes into sight first. Versions have no gap, so the one that follows the last one
 * taken overtakes nothing, and costs nothing; for any other the outbox is asked what waits before it.
 * Logs, whose events have no version, have no order to keep.
 */
export class AggregateOrder {
  /** The last version that was taken, by aggregate. */
  private readonly taken = new Map<string, number>();

  constructor(private readonly table: OutboxTable) {}

  /**
   * @param events that were read, in order of each aggregate
   * @param inHand ids of those that were read before
   * @returns those of them that overtake nothing, and what the others would have overtaken: to be read first
   */
  async sort(events: readonly ClaimedEvent[], inHand: readonly string[]): Promise<{ readonly inOrder: ClaimedEvent[]; readonly overtaken: readonly WaitingEvent[] }> {
    const unsure = this.take(events);
    const overtaken = unsure.length === 0 ? [] : await this.table.findWaitingBefore(unsure, [...inHand, ...events.map(({ id }) => id)]);
    if (overtaken.length === 0) return { inOrder: [...events], overtaken };
    const waiting = Map.groupBy(overtaken, aggregateOf);
    for (const aggregate of waiting.keys()) this.taken.delete(aggregate);
    const firstOf = new Map([...waiting].map(([aggregate, all]) => [aggregate, Math.min(...all.map(({ sequence }) => Number(sequence)))]));
    const inOrder = events.filter((event) => Number(event.sequence) < (firstOf.get(aggregateOf(event)) ?? Infinity));
    return { inOrder, overtaken };
  }

  /** These were not sent: whether what follows them may go is asked anew. */
  forget(events: readonly ClaimedEvent[]): void {
    for (const event of events) this.taken.delete(aggregateOf(event));
  }

  /** @returns of each aggregate the last event that something may wait before: that something waits before all the later ones too */
  private take(events: readonly ClaimedEvent[]): ClaimedEvent[] {
    if (this.taken.size > maxAggregates) this.taken.clear();
    const unsure = new Map<string, ClaimedEvent>();
    for (const event of events) {
      if (event.aggregate_version === null) continue;
      const aggregate = aggregateOf(event);
      const version = Number(event.aggregate_version);
      const sure = version === 1 || this.taken.get(aggregate) === version - 1;
      if (!sure) unsure.set(aggregate, event);
      this.taken.set(aggregate, version);
    }
    return [...unsure.values()];
  }
}
