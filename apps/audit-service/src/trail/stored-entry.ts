import type { AuditOutcome } from '@plinth/contracts';
import { isJsonObject, type JsonObject } from './canonical-json.js';
import { ContentError, type AuditContent, type PersonalValue, type SealedContent } from './content.js';
import { parseExactJson } from './exact-json.js';

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

/** The columns of `audit.entry` that hold content, from sealed content, in the order of `contentColumns`. */
export function contentValues({ visible, personal }: SealedContent): (string | null)[] {
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
export function sealedContentOf(row: EntryRow): SealedContent {
  const visible: AuditContent = {
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
  return { visible, personal: personalOf(objectOf(row.personal)) };
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

function personalOf(map: JsonObject): Record<string, PersonalValue> {
  for (const kept of Object.values(map)) {
    const fits = isJsonObject(kept) && Object.keys(kept).sort().join() === 'salt,value' && kept['value'] !== null;
    if (!fits || typeof kept['salt'] !== 'string' || !/^[0-9a-f]{64}$/.test(kept['salt'])) {
      throw new ContentError('A personal value is not kept as it was written');
    }
  }
  return map as unknown as Record<string, PersonalValue>;
}
