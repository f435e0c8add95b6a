import { isJsonObject, type JsonObject } from '../trail/canonical-json.js';
import { openContent, type AuditContent } from '../trail/content.js';
import { diffOf, type Diff } from '../trail/diff.js';
import { sealedContentOf, timeOf, type EntryRow } from '../trail/stored-entry.js';

/** An entry with the hashes of its leaf, which are null where somebody removed the leaf. */
export interface ListedRow extends EntryRow {
  readonly hash: string | null;
  readonly previous_hash: string | null;
}

/** An audit entry as the API answers it (contract: "Values that outside checks look for"). */
export interface EntryView extends AuditContent {
  readonly id: string;
  readonly sequence: number;
  readonly occurredAt: string | null;
  readonly diff: Diff;
  readonly hash: string | null;
  readonly previousHash: string | null;
}

/**
 * A row as its reader sees it: personal values back in their places, and the difference of before and after. A row that
 * somebody tampered with is shown as far as it can be read; saying that it is broken is verification's part.
 */
export function entryView(row: ListedRow): EntryView {
  const content = orElse(() => openContent(sealedContentOf(row)), () => unopenedContent(row));
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
    diff: orElse(() => diffOf(content.before, content.after), () => diffOf(null, null)),
    hash: row.hash,
    previousHash: row.previous_hash,
  };
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
