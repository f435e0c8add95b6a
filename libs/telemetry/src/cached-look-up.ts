import { setTimeout as delay } from 'node:timers/promises';

/** How seldom a look-up is made, and how long it may hold up a scrape. */
export interface LookUpLimits {
  /** From the end of one look-up to the begin of the next; a failed one counts too. */
  readonly minIntervalMs: number;
  /** How long a scrape waits for one; it goes on behind it, and its values are in the next scrape. Default 1 s. */
  readonly waitMs?: number;
}

/**
 * For values that are looked up before a scrape: whoever scrapes, and how often, the question is asked
 * at most once in a while, never twice at the same time, and a part that hangs holds up no scrape.
 */
export function atMostEvery({ minIntervalMs, waitMs = 1_000 }: LookUpLimits, lookUp: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let endedAtMs = -Infinity;
  return async () => {
    if (running === undefined && performance.now() - endedAtMs < minIntervalMs) return;
    running ??= lookUp()
      // What failed leaves the last values; the parts tell of their outages in the log.
      .catch(() => undefined)
      .finally(() => {
        running = undefined;
        endedAtMs = performance.now();
      });
    const patience = new AbortController();
    await Promise.race([running, delay(waitMs, undefined, { signal: patience.signal, ref: false }).catch(() => undefined)]);
    patience.abort();
  };
}
