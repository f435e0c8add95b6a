import { upstreamErrors } from './upstream.errors.js';

/** The bounds of one bulkhead. */
export interface BulkheadOptions {
  /** Most calls at a time, from 1. */
  readonly concurrent: number;
  /** Most calls that wait for a place, from 0; one more is refused. */
  readonly queued: number;
  /** Longest wait for a place. */
  readonly queueWaitMs: number;
}

/** Gives the place back. The second call of one does nothing. */
export type Leave = () => void;

interface Waiting {
  admit(): void;
}

/**
 * Bounds what one destination holds of this process: so many calls at a time, so many that wait a
 * moment for a place, in the order in which they came. What is beyond is refused at once, which costs
 * the caller a retry and not its memory or its time.
 *
 * A semaphore of our own: opossum's `capacity` has no queue, and gives the place back at the first
 * byte of an answer that is still being read (ADR 0023).
 */
export class Bulkhead {
  private running = 0;
  private readonly queue = new Set<Waiting>();

  constructor(private readonly options: BulkheadOptions) {}

  /** Calls that have a place. */
  get inUse(): number {
    return this.running;
  }

  /** Calls that wait for one. */
  get waiting(): number {
    return this.queue.size;
  }

  /**
   * Waits for a place.
   *
   * @param limits.waitMs longest wait, where it is shorter than `queueWaitMs`
   * @throws Problem `upstream_overloaded` (503, `Retry-After`) where the queue is full or the wait too long; the signal's reason once it is aborted
   */
  async enter(limits: { readonly waitMs?: number; readonly signal?: AbortSignal | undefined } = {}): Promise<Leave> {
    limits.signal?.throwIfAborted();
    if (this.running < this.options.concurrent) return this.takePlace();
    const waitMs = Math.min(limits.waitMs ?? Infinity, this.options.queueWaitMs);
    if (this.queue.size >= this.options.queued || waitMs <= 0) throw upstreamErrors.overloaded();
    return await this.waitForPlace(waitMs, limits.signal);
  }

  private waitForPlace(waitMs: number, signal: AbortSignal | undefined): Promise<Leave> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.queue.delete(waiting);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        settle();
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        settle();
        reject(upstreamErrors.overloaded());
      }, waitMs);
      const waiting: Waiting = {
        admit: () => {
          settle();
          resolve(this.takePlace());
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.queue.add(waiting);
    });
  }

  private takePlace(): Leave {
    this.running += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.running -= 1;
      const [first] = this.queue;
      first?.admit();
    };
  }
}
