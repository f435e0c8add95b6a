import { defineMetrics, durationBuckets } from '@plinth/telemetry';

/** What a consumer group does. Topics and groups are those of @plinth/contracts and of the app's configuration. */
export const consumerMetrics = defineMetrics({
  lag: {
    name: 'plinth_consumer_lag_messages',
    kind: 'gauge',
    help: 'Messages of a partition that the group has not committed yet.',
    labels: ['group', 'topic', 'partition'],
  },
  handled: { name: 'plinth_consumer_handled_total', kind: 'counter', help: 'Events whose effect was committed.', labels: ['group'] },
  duplicates: {
    name: 'plinth_consumer_duplicates_total',
    kind: 'counter',
    help: 'Redelivered events that the inbox had already.',
    labels: ['group'],
  },
  stale: {
    name: 'plinth_consumer_stale_total',
    kind: 'counter',
    help: 'Events that a later one of their aggregate had superseded, for handlers that keep the latest state.',
    labels: ['group'],
  },
  skipped: { name: 'plinth_consumer_skipped_total', kind: 'counter', help: 'Events that the group has no handler for.', labels: ['group'] },
  failedAttempts: { name: 'plinth_consumer_failed_attempts_total', kind: 'counter', help: 'Failed tries of handlers.', labels: ['group'] },
  attempts: {
    name: 'plinth_consumer_attempt_seconds',
    kind: 'histogram',
    help: 'Tries of handlers, each with its transaction, by how they ended: committed, failed, or unavailable where the database was away.',
    labels: ['group', 'outcome'],
    buckets: durationBuckets,
  },
  deadLetters: {
    name: 'plinth_consumer_dead_letters_total',
    kind: 'counter',
    help: 'Events put aside as dead letters.',
    labels: ['group'],
  },
});
