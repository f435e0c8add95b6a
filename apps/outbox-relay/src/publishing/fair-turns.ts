/** One queue's part of a batch. */
export interface Turn {
  readonly turnId: string;
  /** The sequence behind which the queue is read on. */
  readonly after: number;
  /** Bytes that may be taken; the first event is taken whatever it weighs. */
  readonly maxBytes: number;
}

interface Queue {
  after: number;
  /** Bytes that the queue may still take; below 0 where its last event was larger than its share. */
  deficit: number;
  waiting: boolean;
}

/**
 * Whose turn it is while a backlog drains: each queue gets the same number of bytes a round, whatever waits in it.
 *
 * Source: M. Shreedhar, G. Varghese, "Efficient Fair Queueing Using Deficit Round Robin", SIGCOMM 1995; with the
 * variant that an event larger than the share is taken at once and paid for in later rounds (surplus round robin), so
 * that a turn always gets on.
 * Guarantee: of two queues that wait all the while, none gets more than one share and one event ahead of the other.
 */
export class FairTurns {
  private readonly queues = new Map<string, Queue>();
  /** Who waits, next first. */
  private ring: string[] = [];

  /** @param maxTurns queues that share one batch; the others have the next ones */
  constructor(private readonly maxTurns: number) {}

  /** Whether no queue has anything that is known of. */
  get idle(): boolean {
    return this.ring.length === 0;
  }

  /** How far each known queue has been read. */
  get positions(): readonly { readonly turnId: string; readonly after: number }[] {
    return [...this.queues].map(([turnId, { after }]) => ({ turnId, after }));
  }

  /** Something stands behind `after` in the queue; one that was read further is read again from there. */
  admit(turnId: string, after: number): void {
    const queue = this.queues.get(turnId) ?? { after, deficit: 0, waiting: false };
    this.queues.set(turnId, queue);
    queue.after = Math.min(queue.after, after);
    if (!queue.waiting) this.ring.push(turnId);
    queue.waiting = true;
  }

  /** The turns of one batch of so many bytes. Each of them is told by `served` what it took. */
  next(batchBytes: number): Turn[] {
    const chosen = this.ring.slice(0, this.maxTurns);
    this.ring = [...this.ring.slice(chosen.length), ...chosen];
    const share = Math.floor(batchBytes / Math.max(1, chosen.length));
    let turns: Turn[] = [];
    // Where all of them pay for what was too large, the rounds in which nobody takes anything cost nothing.
    while (turns.length === 0 && chosen.length > 0) {
      turns = chosen.flatMap((turnId) => {
        const queue = this.queueOf(turnId);
        queue.deficit += share;
        return queue.deficit > 0 ? [{ turnId, after: queue.after, maxBytes: queue.deficit }] : [];
      });
    }
    return turns;
  }

  /**
   * @param last sequence of the last event that was taken; undefined for none
   * @param drained whether nothing is left in the queue: what it did not use is not saved up
   */
  served(turnId: string, { bytes, last, drained }: { readonly bytes: number; readonly last: number | undefined; readonly drained: boolean }): void {
    const queue = this.queueOf(turnId);
    queue.deficit -= bytes;
    queue.after = Math.max(queue.after, last ?? queue.after);
    if (!drained) return;
    queue.deficit = Math.min(0, queue.deficit);
    queue.waiting = false;
    this.ring = this.ring.filter((waiting) => waiting !== turnId);
  }

  private queueOf(turnId: string): Queue {
    const queue = this.queues.get(turnId);
    if (queue === undefined) throw new Error('a turn of a queue that was never admitted');
    return queue;
  }
}
