import type { Transactor } from '@plinth/database';

/** The channel that the relay listens on; the payload is the schema's name. */
export const hintChannel = 'plinth_outbox';

/** NOTIFY inside the write cuts commits to a third (its queue lock is global), so it is sent after, and thinned. */
const minIntervalMs = 10;

/** Tells the relay that there is something to publish. A lost hint costs at most one poll interval. */
export class CommitHint {
  private waiting: NodeJS.Timeout | undefined;
  private lastSentAt = 0;

  constructor(
    private readonly transactor: Transactor,
    private readonly schema: string,
  ) {}

  /** Returns at once and never throws. One hint at most goes out in 10 ms, for all that asked meanwhile. */
  send(): void {
    if (this.waiting !== undefined) return;
    const delayMs = Math.max(0, this.lastSentAt + minIntervalMs - performance.now());
    this.waiting = setTimeout(() => {
      this.waiting = undefined;
      this.lastSentAt = performance.now();
      // Losing it is harmless: the relay polls.
      this.transactor.notify(hintChannel, this.schema).catch(() => undefined);
    }, delayMs);
    this.waiting.unref();
  }
}
