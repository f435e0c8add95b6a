import { shape, type Described } from '@plinth/http';
import { isoTime } from './dead-letter-view.js';
import type { LetterFilters } from './letter-filters.js';
import { exclusions, type BatchRow, type PlanRow, type RedrivePlan } from './redrive-batches.repository.js';

const text = shape.nullable(shape.text());
const moment = shape.nullable(shape.dateTime());

/** A redrive of many letters, as it goes on. */
export const redriveBatchShape = shape.named(
  'DeadLetterRedrive',
  shape.record({
    id: shape.uuid(),
    status: shape.oneOf(
      ['sending', 'following', 'done', 'stopped'],
      'sending; following: all are sent, and some are seen neither processed nor back; done: none is open; stopped: by an operator.',
    ),
    requestedAt: shape.dateTime(),
    requestedBy: shape.uuid(),
    reason: text,
    filter: shape.anyObject('As it was asked for; empty for all.'),
    ratePerSecond: shape.integer(),
    maxReplays: shape.integer(),
    selected: shape.integer('Letters that it selected when it was asked for. What is discarded or sent otherwise before its turn is left out.'),
    requested: shape.integer('Letters whose turn has come.'),
    sent: shape.integer(),
    refused: shape.integer('By the broker.'),
    processed: shape.integer('Seen in the inbox of the group.'),
    failedAgain: shape.integer('Back as another dead letter.'),
    endedAt: moment,
    stoppedAt: moment,
    stoppedBy: text,
  }),
);
export type RedriveBatchView = Described<typeof redriveBatchShape>;

/** What a redrive by filter takes, and what it leaves out. */
export const redrivePlanShape = shape.named(
  'DeadLetterRedrivePlan',
  shape.record({
    dryRun: shape.boolean(),
    selected: shape.integer(),
    groups: shape.list(
      shape.record({ fingerprint: shape.text(), group: text, topic: text, eventType: text, error: text, count: shape.integer() }),
      'What is selected, by what went wrong; the largest 100.',
    ),
    firstIds: shape.list(shape.uuid(), 'The first 20 in the order of sending.'),
    excluded: shape.list(shape.record({ reason: shape.oneOf(exclusions), count: shape.integer() }), 'What the filter names and the redrive leaves out.'),
    redrive: shape.nullable(redriveBatchShape),
  }),
);
export type RedrivePlanView = Described<typeof redrivePlanShape>;

const groupsShown = 100;

export function redrivePlanView(plan: RedrivePlan, batch: BatchRow | null): RedrivePlanView {
  const selected = plan.rows.filter(({ fate }) => fate === 'selected');
  return {
    dryRun: batch === null,
    selected: plan.selected,
    groups: selected.toSorted((one, other) => other.count - one.count).slice(0, groupsShown).map(groupView),
    firstIds: plan.firstIds,
    excluded: excludedIn(plan),
    redrive: batch === null ? null : redriveBatchView(batch),
  };
}

/** How many letters are left out for each reason; a reason for which none is, is not told. */
export function excludedIn({ rows }: RedrivePlan): { readonly reason: (typeof exclusions)[number]; readonly count: number }[] {
  return exclusions.flatMap((reason) => {
    const count = rows.filter(({ fate }) => fate === reason).reduce((sum, row) => sum + row.count, 0);
    return count === 0 ? [] : [{ reason, count }];
  });
}

function groupView({ fingerprint, consumer_group: group, topic, event_type: eventType, error, count }: PlanRow) {
  return { fingerprint, group, topic, eventType, error, count };
}

export function redriveBatchView(row: BatchRow): RedriveBatchView {
  return {
    id: row.id,
    status: statusOf(row),
    requestedAt: row.requested_at.toISOString(),
    requestedBy: row.requested_by,
    reason: row.reason,
    filter: row.filter satisfies LetterFilters as Readonly<Record<string, unknown>>,
    ratePerSecond: row.rate_per_second,
    maxReplays: row.max_replays,
    selected: row.selected,
    requested: row.requested,
    sent: row.sent,
    refused: row.refused,
    processed: row.processed,
    failedAgain: row.failed_again,
    endedAt: isoTime(row.ended_at),
    stoppedAt: isoTime(row.stopped_at),
    stoppedBy: row.stopped_by,
  };
}

function statusOf({ stopped_at: stoppedAt, ended_at: endedAt, requested, sent, refused, processed, failed_again: failedAgain }: BatchRow): RedriveBatchView['status'] {
  if (stoppedAt !== null) return 'stopped';
  if (endedAt === null || sent + refused < requested) return 'sending';
  return processed + failedAgain < sent ? 'following' : 'done';
}
