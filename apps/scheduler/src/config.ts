import { configClass, cursorSecrets, idempotencySecrets, integer, internalSigningKeys, serviceFields, url } from '@plinth/config';
import { retention, urlVariableOf } from '@plinth/contracts';

/** What scheduler is told from outside. */
export class SchedulerConfig extends configClass({
  ...serviceFields,
  internalKeys: internalSigningKeys,
  tenantServiceUrl: url(urlVariableOf('tenant-service'), { description: 'Where tenant-service listens, whose periods of quotas a job closes.', protocols: ['http:', 'https:'] }),
  idempotencySecrets,
  cursorSecrets,
  publishedEventsKeptHours: integer('PUBLISHED_EVENTS_KEPT_HOURS', {
    description: 'How long outboxes keep events that are published; Kafka has them then.',
    min: 1,
    max: 8760,
    fallback: retention.publishedEventsMs / 3_600_000,
  }),
}) {}
