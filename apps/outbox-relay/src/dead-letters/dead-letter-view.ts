import { shape, type Described } from '@plinth/http';
import type { ArchiveRow, GroupRow, ListedLetter, WholeLetter } from './dead-letters.repository.js';
import { letterStatuses } from './letter-filters.js';
import { tryDecode } from './received-letter.js';
import { readHeaders } from './stored-headers.js';

const text = shape.nullable(shape.text());
const moment = shape.nullable(shape.dateTime());
const integer = shape.nullable(shape.integer());
const offset = shape.nullable(shape.text('Decimal.'));

const listed = {
  id: shape.uuid(),
  status: shape.oneOf(letterStatuses),
  group: shape.nullable(shape.text('The consumer group that failed.')),
  topic: shape.nullable(shape.text('The topic that the message first was in.')),
  partition: integer,
  offset,
  attempts: integer,
  error: text,
  failedAt: moment,
  eventId: text,
  eventType: text,
  tenantId: text,
  fingerprint: shape.text('Of group, topic, event type and error: the same where the same went wrong.'),
  valueBytes: shape.integer(),
  replayCount: shape.integer('How often it was sent again.'),
  redriveRequestedAt: moment,
  redrivenAt: moment,
  redrivenBy: text,
  redriveError: text,
  redriveId: shape.nullable(shape.uuid('The redrive of many that it was sent by last.')),
  processedAt: moment,
  supersededBy: shape.nullable(shape.uuid('The letter that came back of this one.')),
  discardedAt: moment,
  discardedBy: text,
  discardReason: text,
  receivedAt: shape.dateTime(),
  letter: shape.record({ topic: shape.text(), partition: shape.integer(), offset: shape.text('Decimal.') }),
};

/** A dead letter as operators list it: where it comes from and what became of it, and nothing of what it says. */
export const deadLetterShape = shape.named('DeadLetter', shape.record(listed));
export type DeadLetterView = Described<typeof deadLetterShape>;

/** Letters that failed in the same way. */
export const letterGroupShape = shape.named(
  'DeadLetterGroup',
  shape.record({
    fingerprint: shape.text('For the filter of lists and redrives.'),
    group: text,
    topic: text,
    eventType: text,
    error: text,
    counts: shape.record({ pending: shape.integer(), redriven: shape.integer(), processed: shape.integer(), failed_again: shape.integer(), discarded: shape.integer() }),
    total: shape.integer(),
    firstReceivedAt: shape.dateTime(),
    lastReceivedAt: shape.dateTime(),
    oldestPendingAt: moment,
    exampleId: shape.uuid('The newest letter that is pending, else the newest.'),
  }),
);
export type LetterGroupView = Described<typeof letterGroupShape>;

/** How many letters there were, once they are purged. */
export const archivedLettersShape = shape.named(
  'ArchivedDeadLetters',
  shape.record({
    day: shape.text('The day of their arrival in UTC, as 2026-11-22.'),
    fingerprint: shape.text(),
    group: text,
    topic: text,
    eventType: text,
    error: text,
    status: shape.oneOf(letterStatuses, 'How they ended; pending: nobody did anything.'),
    letters: shape.integer(),
  }),
);
export type ArchivedLettersView = Described<typeof archivedLettersShape>;

const bytes = shape.nullable(shape.base64());

/** The whole letter: bytes as base64 beside what can be read of them. `json` is there where the value is JSON. */
export const wholeLetterShape = shape.named(
  'WholeDeadLetter',
  shape.record({
    ...listed,
    key: bytes,
    value: bytes,
    json: shape.optional(shape.anything('The value, where it is JSON.')),
    headers: shape.list(shape.record({ name: shape.text(), value: bytes, text: shape.nullable(shape.text('The value, where it is text.')) })),
  }),
);
export type WholeLetterView = Described<typeof wholeLetterShape>;

export function deadLetterView(row: ListedLetter): DeadLetterView {
  return {
    id: row.id,
    status: row.status,
    group: row.consumer_group,
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    attempts: row.attempts,
    error: row.error,
    failedAt: isoTime(row.failed_at),
    eventId: row.event_id,
    eventType: row.event_type,
    tenantId: row.tenant_id,
    fingerprint: row.fingerprint,
    valueBytes: row.value_bytes,
    replayCount: row.replay_count,
    redriveRequestedAt: isoTime(row.redrive_requested_at),
    redrivenAt: isoTime(row.redriven_at),
    redrivenBy: row.redriven_by,
    redriveError: row.redrive_error,
    redriveId: row.redrive_batch_id,
    processedAt: isoTime(row.processed_at),
    supersededBy: row.superseded_by,
    discardedAt: isoTime(row.discarded_at),
    discardedBy: row.discarded_by,
    discardReason: row.discard_reason,
    receivedAt: row.received_at.toISOString(),
    letter: { topic: row.letter_topic, partition: row.letter_partition, offset: row.letter_offset },
  };
}

export function letterGroupView(row: GroupRow): LetterGroupView {
  const counts = {
    pending: Number(row.pending),
    redriven: Number(row.redriven),
    processed: Number(row.processed),
    failed_again: Number(row.failed_again),
    discarded: Number(row.discarded),
  };
  return {
    fingerprint: row.fingerprint,
    group: row.consumer_group,
    topic: row.topic,
    eventType: row.event_type,
    error: row.error,
    counts,
    total: Object.values(counts).reduce((sum, count) => sum + count, 0),
    firstReceivedAt: row.first_received_at.toISOString(),
    lastReceivedAt: row.last_received_at.toISOString(),
    oldestPendingAt: isoTime(row.oldest_pending_at),
    exampleId: row.example_id,
  };
}

export function archivedLettersView(row: ArchiveRow): ArchivedLettersView {
  const { day, fingerprint, consumer_group: group, topic, event_type: eventType, error, status, letters } = row;
  return { day, fingerprint, group, topic, eventType, error, status, letters: Number(letters) };
}

export function wholeLetterView(row: WholeLetter): WholeLetterView {
  return {
    ...deadLetterView(row),
    key: row.key?.toString('base64') ?? null,
    value: row.value?.toString('base64') ?? null,
    ...parsedJson(row.value),
    headers: readHeaders(row.headers).map(({ name, value }) => ({
      name,
      value: value?.toString('base64') ?? null,
      text: value === null ? null : tryDecode(value),
    })),
  };
}

export function isoTime(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}

// As deep as bodies may be. Deeper ones could be parsed, and would end the stack when they are written again.
const maxDepth = 64;

function parsedJson(value: Buffer | null): { json?: unknown } {
  const text = value === null ? null : tryDecode(value);
  if (text === null) return {};
  try {
    const json: unknown = JSON.parse(text);
    return isDeeperThan(maxDepth, json) ? {} : { json };
  } catch {
    return {};
  }
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(levels - 1, member));
}
