import { platformLogId } from '@plinth/contracts';
import { shape, type Described } from '@plinth/http';
import { entryShape, entryView } from '../entries/entry-view.js';
import type { PersonalValue, SealedContent } from '../trail/content.js';
import type { SubjectKeys } from '../trail/personal-values.js';
import { sealedContentOf, timeOf } from '../trail/stored-entry.js';
import { subjectOf } from '../trail/subject-of.js';
import type { ExportedRow, PersonInLog } from './exports.repository.js';

const text = shape.nullable(shape.text());

/** An entry as its tenant takes it along: as the API shows it, and what it takes to compute its leaf anew. */
export const exportedEntryShape = shape.record({
  entry: entryShape,
  contentHash: text,
  salts: shape.mapOf(shape.text(), 'Of the personal values, in hexadecimal, by RFC 6901 pointer.'),
  commitments: shape.mapOf(shape.text(), 'Of what was erased, by RFC 6901 pointer.'),
});
export type ExportedEntry = Described<typeof exportedEntryShape>;

/** An entry as somebody takes it along of whom it is: nothing of others (ADR 0050). */
export const ownEntryShape = shape.record({
  id: shape.uuid(),
  tenantId: shape.nullable(shape.uuid('Null in the platform’s own log.')),
  occurredAt: shape.nullable(shape.dateTime()),
  as: shape.oneOf(['actor', 'subject'] as const, 'Whether the person did it, or it was done to them.'),
  action: shape.text(),
  outcome: shape.text(),
  actor: shape.record({ type: shape.text(), id: shape.nullable(shape.text('Null where it is another’s.')) }),
  resource: shape.record({ type: shape.text(), id: shape.nullable(shape.text('Null where it may name another person.')) }),
  requestId: text,
  traceId: text,
  reason: text,
  values: shape.mapOf(shape.anything(), 'What the entry keeps of the person, by RFC 6901 pointer: address and program of their own acts, and what belongs to them in before and after.'),
  erased: shape.list(shape.text(), 'Pointers to what stood there of the person until it was erased.'),
});
export type OwnEntry = Described<typeof ownEntryShape>;

/** Kinds of resources whose ids name no person: of any other kind an id is shown only if it is the person's own. */
const impersonalResources = new Set(['ai_model', 'api_key', 'audit_log', 'data_export', 'feature_flag', 'policy', 'quota', 'retention', 'retention_policy', 'role', 'tenant']);

export function exportedEntry(row: ExportedRow, keys: SubjectKeys): ExportedEntry {
  const personal = Object.entries(sealedOrNull(row, keys)?.personal ?? {});
  return {
    entry: entryView(row, keys),
    contentHash: row.content_hash,
    salts: Object.fromEntries(personal.flatMap(([pointer, kept]) => ('value' in kept ? [[pointer, kept.salt]] : []))),
    commitments: Object.fromEntries(personal.flatMap(([pointer, kept]) => ('value' in kept ? [] : [[pointer, kept.commitment]]))),
  };
}

/** @param tenantId of the log */
export function ownEntry(row: ExportedRow, keys: SubjectKeys, tenantId: string, { person, subjects }: PersonInLog): OwnEntry {
  const isActor = row.actor_id === person;
  const sealed = sealedOrNull(row, keys);
  const own = Object.entries(sealed?.personal ?? {}).filter(([pointer]) => sealed !== null && isOf([person, ...subjects], pointer, sealed.visible));
  return {
    id: row.id,
    tenantId: tenantId === platformLogId ? null : tenantId,
    occurredAt: timeOrNull(row.occurred_at),
    as: isActor ? 'actor' : 'subject',
    action: row.action,
    outcome: row.outcome,
    actor: { type: row.actor_type, id: isActor ? person : null },
    resource: { type: row.resource_type, id: isShown(row, isActor, [person, ...subjects]) ? row.resource_id : null },
    ...{ requestId: isActor ? row.request_id : null, traceId: isActor ? row.trace_id : null, reason: isActor ? row.reason : null },
    values: Object.fromEntries(own.flatMap(([pointer, kept]) => (isKept(kept) ? [[pointer, kept.value]] : []))),
    erased: own.flatMap(([pointer, kept]) => (isKept(kept) ? [] : [pointer])),
  };
}

function isOf(ids: readonly string[], pointer: string, visible: SealedContent['visible']): boolean {
  return ids.includes(subjectOf(pointer, visible));
}

function isShown({ resource_type: type, resource_id: id }: ExportedRow, isActor: boolean, own: readonly string[]): boolean {
  return id !== null && (own.includes(id) || (isActor && impersonalResources.has(type)));
}

function isKept(kept: SealedContent['personal'][string]): kept is PersonalValue {
  return 'value' in kept;
}

/** Null where somebody tampered with the row: what stands in its columns is shown, and that it is broken is verification's part to say. */
function sealedOrNull(row: ExportedRow, keys: SubjectKeys): SealedContent | null {
  try {
    return sealedContentOf(row, keys);
  } catch {
    return null;
  }
}

function timeOrNull(milliseconds: string): string | null {
  try {
    return timeOf(milliseconds);
  } catch {
    return null;
  }
}
