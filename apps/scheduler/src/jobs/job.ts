/** What a successful run tells of itself: counts by name, never data. */
export interface JobResult {
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Work that is done again and again, by the clock or on demand.
 *
 * Guarantee: of all replicas one runs it at a time, and one unfinished run exists at most. A run whose
 * replica dies, or whose record cannot be written, is run again: what it does must bear repetition.
 */
export interface Job {
  /** `[a-z_]`, up to 100 characters; never changed once shipped, for runs are kept under it. */
  readonly name: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA name of the zone in which `cron` is read. Times that a change of clocks leaves out do not come, those it repeats come twice. */
  readonly timeZone: string;
  /**
   * @param signal aborted when the service stops or the run is no longer this replica's; the job then ends soon, by an error or not
   * @throws what failed; its class and code are kept with the run, its text is not
   */
  run(signal: AbortSignal): Promise<JobResult>;
}

/** How a run that failed is tried again. */
export interface RetryPolicy {
  /** Tries in all, from 1. */
  readonly maxAttempts: number;
  /** Exponential, full jitter. */
  readonly backoff: { readonly baseMs: number; readonly capMs: number };
}

export const retryPolicy: RetryPolicy = { maxAttempts: 4, backoff: { baseMs: 5_000, capMs: 300_000 } };
