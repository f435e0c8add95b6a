import type { AuditOutcome } from '@plinth/contracts';
import { shape, type Described } from '@plinth/http';
import { isJsonObject, type JsonObject } from '../trail/canonical-json.js';
import { openContent, type AuditContent } from '../trail/content.js';
import { diffOf } from '../trail/diff.js';
import type { SubjectKeys } from '../trail/personal-values.js';
import { sealedContentOf, timeOf, type EntryRow } from '../trail/stored-entry.js';

/** An entry with the hashes of its leaf, which are null where somebody removed the leaf. */
export interface ListedRow extends EntryRow {
  readonly hash: string | null;
  readonly previous_hash: string | null;
}

export const auditOutcomes = ['success', 'failure', 'denied'] as const satisfies readonly AuditOutcome[];

const actorOrResource = shape.record({ type: shape.text(), id: shape.nullable(shape.text()) });
const text = shape.nullable(shape.text());
const json = shape.anything();

/** An audit entry as the API answers it (contract: "Values that outside checks look for"). */
export const entryShape = shape.named(
  'AuditEntry',
  shape.record({
    id: shape.uuid(),
    sequence: shape.integer('The entry’s place in the log, from 1 without a gap.'),
    occurredAt: shape.nullable(shape.dateTime('Null where somebody made it unreadable.')),
    actor: actorOrResource,
    action: shape.text(),
    resource: actorOrResource,
    outcome: shape.oneOf(auditOutcomes),
    ip: text,
    userAgent: text,
    requestId: text,
    traceId: text,
    reason: text,
    before: shape.nullable(shape.anyObject()),
    after: shape.nullable(shape.anyObject()),
    erased: shape.list(shape.text(), 'RFC 6901 pointers to what stood in the entry until the person was erased.'),
    diff: shape.record({
      changed: shape.mapOf(shape.record({ before: json, after: json }), 'By path.'),
      added: shape.mapOf(json, 'By path.'),
      removed: shape.mapOf(json, 'By path.'),
    }),
    hash: shape.nullable(shape.text('Of the leaf, SHA-256 in lower-case hex; null where somebody removed the leaf.')),
    previousHash: text,
  }),
);
export type EntryView = Described<typeof entryShape>;

/**
 * A row as its reader sees it: personal values back in their places, and the difference of before and after. A row that
 * somebody tampered with is shown as far as it can be read; saying that it is broken is verification's part.
 */
export function entryView(row: ListedRow, keys: SubjectKeys): EntryView {
  const { content, erased } = orElse(() => openedContent(row, keys), () => ({ content: unopenedContent(row), erased: [] }));
  return {
    id: row.id,
    sequence: Number(row.sequence),
    occurredAt: orElse(() => timeOf(row.occurred_at), () => null),
    actor: content.actor,
    action: content.action,
    resource: content.resource,
    outcome: content.outcome,
    ip: content.ip,
    userAgent: content.userAgent,
    requestId: content.requestId,
    traceId: content.traceId,
    reason: content.reason,
    before: content.before,
    after: content.after,
    erased,
    diff: orElse(() => diffOf(content.before, content.after), () => diffOf(null, null)),
    hash: row.hash,
    previousHash: row.previous_hash,
  };
}

function openedContent(row: EntryRow, keys: SubjectKeys) {
  const sealed = sealedContentOf(row, keys);
  const erased = Object.entries(sealed.personal).flatMap(([pointer, kept]) => ('value' in kept ? [] : [pointer]));
  return { content: openContent(sealed), erased };
}

/** What stands in the columns, without the personal values: those are where the row no longer fits together. */
function unopenedContent(row: EntryRow): AuditContent {
  return {
    actor: { type: row.actor_type, id: row.actor_id },
    action: row.action,
    resource: { type: row.resource_type, id: row.resource_id },
    outcome: row.outcome as AuditContent['outcome'],
    ip: null,
    userAgent: null,
    requestId: row.request_id,
    traceId: row.trace_id,
    reason: row.reason,
    before: looseObject(row.before),
    after: looseObject(row.after),
  };
}

/** Null also for what is too deep to be written into an answer. */
function looseObject(text: string | null): JsonObject | null {
  if (text === null) return null;
  const value = orElse(() => JSON.parse(JSON.stringify(JSON.parse(text))) as unknown, () => null);
  return isJsonObject(value) ? value : null;
}

function orElse<T>(attempt: () => T, fallback: () => T): T {
  try {
    return attempt();
  } catch {
    return fallback();
  }
}
