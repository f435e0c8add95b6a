import { defineMetrics } from '@plinth/telemetry';

/** What the relay knows of the outboxes; `source` is the service whose outbox it is. */
export const outboxMetrics = defineMetrics({
  oldestAge: {
    name: 'plinth_outbox_oldest_unpublished_seconds',
    kind: 'gauge',
    help: 'Age of the oldest event that is not published yet; 0 where there is none. Failed events are not in it.',
    labels: ['source'],
  },
  events: {
    name: 'plinth_outbox_events',
    kind: 'gauge',
    help: 'Events in the outbox that are not published, by status: pending, processing (waits for its next try) or failed.',
    labels: ['source', 'status'],
  },
  published: { name: 'plinth_outbox_published_total', kind: 'counter', help: 'Events that Kafka has taken.', labels: ['source'] },
  publishFailures: {
    name: 'plinth_outbox_publish_failures_total',
    kind: 'counter',
    help: 'Failed tries by reason: refused (of one event) or unavailable (a batch, while Kafka does not take anything).',
    labels: ['source', 'reason'],
  },
});
