/**
 * Keeps a consumer's membership alive while a message takes its time: kafkajs sends heartbeats
 * between messages only. A failed one (the group rebalances, the broker is gone) ends the batch.
 */
export class Heartbeats implements Disposable {
  private readonly lostController = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private error: unknown;

  /** @param beat kafkajs' heartbeat, which limits its own rate */
  constructor(beat: () => Promise<void>, intervalMs: number) {
    this.timer = setInterval(() => {
      beat().catch((error: unknown) => {
        this.error ??= error;
        this.lostController.abort();
      });
    }, intervalMs);
  }

  /** Aborted once the partition may belong to someone else. */
  get lost(): AbortSignal {
    return this.lostController.signal;
  }

  /** @throws the error of the heartbeat that failed: kafkajs rejoins the group on it */
  throwIfLost(): void {
    if (this.lost.aborted) throw this.error;
  }

  /** No further heartbeat is sent; one that is under way ends by itself. */
  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }
}
