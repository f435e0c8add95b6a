import { shape, type Described } from '@plinth/http';
import type { Decision } from './decisions.repository.js';
import type { OutboxEvent } from './held-events.repository.js';

export const eventStatuses = ['pending', 'processing', 'published', 'failed', 'skipped'] as const;
export type EventStatus = (typeof eventStatuses)[number];

/** What can be listed: events that something is the matter with. */
export const listedStatuses = ['processing', 'failed', 'skipped'] as const satisfies readonly EventStatus[];
export type ListedStatus = (typeof listedStatuses)[number];

export const decisionActions = ['rearm', 'skip'] as const;

const moment = shape.nullable(shape.dateTime());

const event = {
  source: shape.text('The service whose event it is.'),
  id: shape.uuid('Also `ce_id`, where it is published.'),
  status: shape.oneOf(eventStatuses, '`processing` waits for its next try, `failed` for an operator. Both hold what follows of their aggregate.'),
  eventType: shape.text(),
  eventVersion: shape.integer(),
  aggregateType: shape.text(),
  aggregateId: shape.uuid(),
  tenantId: shape.nullable(shape.uuid()),
  attempts: shape.integer(),
  lastError: shape.nullable(shape.text('A code, never data.')),
  createdAt: moment,
  nextAttemptAt: moment,
  skippedAt: moment,
};

/** An event as operators list it: nothing of what it says. */
export const heldEventShape = shape.named(
  'HeldOutboxEvent',
  shape.record({
    ...event,
    waitingBehind: shape.integer('Events of its aggregate that it holds up; counted among the 100,000 oldest that wait in the outbox.'),
  }),
);
export type HeldEventView = Described<typeof heldEventShape>;

/** An event with the last decision of it. */
export const outboxEventShape = shape.named(
  'OutboxEvent',
  shape.record({
    ...event,
    decision: shape.nullable(
      shape.record({
        action: shape.oneOf(decisionActions),
        reason: shape.text(),
        decidedAt: shape.dateTime(),
        decidedBy: shape.nullable(shape.uuid()),
        outcome: shape.nullable(shape.oneOf(['done', 'too_late'], 'Null until it is carried out, which takes less than a second; `too_late`: the event was not failed any more.')),
      }),
    ),
  }),
);
export type OutboxEventView = Described<typeof outboxEventShape>;

export function heldEventView(row: OutboxEvent & { readonly waiting_behind: number }): HeldEventView {
  return { ...facts(row), waitingBehind: row.waiting_behind };
}

export function outboxEventView(row: OutboxEvent, decision: Decision | null): OutboxEventView {
  return {
    ...facts(row),
    decision: decision && {
      action: decision.action,
      reason: decision.reason,
      decidedAt: decision.decided_at.toISOString(),
      decidedBy: decision.decided_by,
      outcome: decision.outcome,
    },
  };
}

function facts(row: OutboxEvent) {
  return {
    source: row.source,
    id: row.id,
    status: row.status,
    eventType: row.event_type,
    eventVersion: row.event_version,
    aggregateType: row.aggregate_type,
    aggregateId: row.aggregate_id,
    tenantId: row.tenant_id,
    attempts: row.attempts,
    lastError: row.last_error,
    createdAt: isoTime(row.created_at),
    nextAttemptAt: isoTime(row.next_attempt_at),
    skippedAt: isoTime(row.skipped_at),
  };
}

function isoTime(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
