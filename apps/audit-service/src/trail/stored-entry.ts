import type { AuditOutcome } from '@plinth/contracts';
import { isJsonObject, type JsonObject } from './canonical-json.js';
import { ContentError, type AuditContent, type SealedContent } from './content.js';
import { parseExactJson } from './exact-json.js';
import { decryptPersonal, subjectsOf, type SubjectKeys } from './personal-values.js';

/** A row of `audit.entry` as SQL gives it; jsonb, bigint and time as text, so that no driver rounds them. */
export interface EntryRow {
  readonly sequence: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly occurred_at: string;
  readonly actor_type: string;
  readonly actor_id: string | null;
  readonly action: string;
  readonly resource_type: string;
  readonly resource_id: string | null;
  readonly outcome: string;
  readonly request_id: string | null;
  readonly trace_id: string | null;
  readonly reason: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly personal: string;
}

/** The columns of `audit.entry` that hold content, in the order in which the repository writes them. @param personal as `encryptPersonal` makes it */
export function contentValues({ visible }: SealedContent, personal: object): (string | null)[] {
  return [
    visible.actor.type,
    visible.actor.id,
    visible.action,
    visible.resource.type,
    visible.resource.id,
    visible.outcome,
    visible.requestId,
    visible.traceId,
    visible.reason,
    visible.before === null ? null : JSON.stringify(visible.before),
    visible.after === null ? null : JSON.stringify(visible.after),
    JSON.stringify(personal),
  ];
}

/**
 * The content of a row, strictly: what this service cannot have written is refused, so that no edit hides in a second
 * spelling of the same value.
 *
 * @throws ContentError, InexactJsonError
 */
export function sealedContentOf(row: EntryRow, keys: SubjectKeys): SealedContent {
  const visible = visibleOf(row);
  return { visible, personal: decryptPersonal(visible, objectOf(row.personal), keys) };
}

/** Whose keys it takes to read a row; none where somebody made it unreadable. */
export function subjectsOfRow(row: EntryRow): readonly string[] {
  try {
    return subjectsOf(visibleOf(row), objectOf(row.personal));
  } catch {
    return [];
  }
}

function visibleOf(row: EntryRow): AuditContent {
  return {
    actor: { type: row.actor_type, id: row.actor_id },
    action: row.action,
    resource: { type: row.resource_type, id: row.resource_id },
    outcome: row.outcome as AuditOutcome,
    // Personal always: never in a column of their own.
    ip: null,
    userAgent: null,
    requestId: row.request_id,
    traceId: row.trace_id,
    reason: row.reason,
    before: row.before === null ? null : objectOf(row.before),
    after: row.after === null ? null : objectOf(row.after),
  };
}

/** @throws RangeError on a time that no Date holds, e.g. PostgreSQL's infinity */
export function timeOf(milliseconds: string): string {
  return new Date(/^-?\d+$/.test(milliseconds) ? Number(milliseconds) : NaN).toISOString();
}

function objectOf(text: string): JsonObject {
  const value = parseExactJson(text);
  if (!isJsonObject(value)) throw new ContentError('A column of objects holds something else');
  return value;
}
