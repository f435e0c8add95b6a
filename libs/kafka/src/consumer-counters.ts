/** What a consumer group has done since its start; read by tests and metrics. */
export interface ConsumerCounters {
  handled: number;
  /** Redelivered events that the inbox had already. */
  duplicates: number;
  /** Events that a later one of their aggregate had superseded (`LatestVersionWins`). */
  stale: number;
  /** Events of a subscribed topic that the group has no handler for. */
  skipped: number;
  /** Failed tries of handlers. */
  failedAttempts: number;
  deadLettered: number;
}

/** All 0. The group counts in this very object, so whoever shows the figures holds on to it. */
export function newCounters(): ConsumerCounters {
  return { handled: 0, duplicates: 0, stale: 0, skipped: 0, failedAttempts: 0, deadLettered: 0 };
}
