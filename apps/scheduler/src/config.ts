import { configClass, cursorSecrets, idempotencySecrets, integer, internalVerificationKeys, serviceFields } from '@plinth/config';

/** What scheduler is told from outside. */
export class SchedulerConfig extends configClass({
  ...serviceFields,
  internalKeys: internalVerificationKeys,
  idempotencySecrets,
  cursorSecrets,
  publishedEventsKeptHours: integer('PUBLISHED_EVENTS_KEPT_HOURS', {
    description: 'How long outboxes keep events that are published; Kafka has them then.',
    min: 1,
    max: 8760,
    fallback: 24,
  }),
}) {}
