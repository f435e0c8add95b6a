const dayMs = 86_400_000;

/**
 * How long what has done its work is kept, in milliseconds. The purge goes by these and the data map tells of them, so that neither
 * can say what the other does not do.
 */
export const retention = {
  /** After an event was published, where `PUBLISHED_EVENTS_KEPT_HOURS` says nothing else: Kafka has it then. */
  publishedEventsMs: dayMs,
  /** After a request was answered: so long its repeat is known as one (contract: "HTTP"). */
  idempotencyRecordsMs: dayMs,
  /** Inbox rows outlive the topic's retention by this (contract: "Events"), for Kafka deletes by whole segments. */
  inboxMarginMs: 7 * dayMs,
  /** After the letter came; then they are counts (ADR 0028). */
  deadLettersMs: 7 * dayMs,
  /** A gateway asks for the last 15 minutes; the rest is for whoever wants to see what the feed told (ADR 0012). */
  revocationsMs: dayMs,
  /** As long a repeat of a reservation's or a lease's id is known as one. */
  quotaGrantsMs: dayMs,
  /** After its end: so long what became of a mail is shown, and its table lets none go before. */
  mailMs: 7 * dayMs,
  /** So long an archive can be had after it was made, and its request before that. */
  exportArchivesMs: 7 * dayMs,
  /** After the last failure. */
  loginAttemptsMs: dayMs,
  /** After the last sign-in there: the fence of their table, which the purge cannot pass. */
  knownAddressesMs: 90 * dayMs,
  /** The last run of a job, its last success and its last failure are kept for ever. */
  jobRunsMs: 30 * dayMs,
} as const;
