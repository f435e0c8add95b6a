import { findEvent, registeredEvents, type EventDefinition } from '@plinth/contracts';
import { unitOf, type Tx, type UnitOfWork } from '@plinth/database';
import { newId } from '@plinth/kernel';
import type { CommitHint } from './commit-hint.js';
import { outboxErrors } from './outbox.errors.js';
import { platformTurn } from './turns-migration.js';

/** An event as a service tells it. */
export interface NewEvent<P = unknown> {
  /** The outbox row's id and CloudEvents' `id`; made where absent. */
  readonly id?: string;
  readonly aggregateId: string;
  readonly tenantId: string | null;
  readonly payload: P;
  /** W3C trace context of the request that caused it. */
  readonly traceparent?: string | null;
  /**
   * Events of one aggregate are numbered under a lock until the commit. `false` for a log that numbers
   * on arrival, as the audit trail does: its writers must not queue behind each other.
   */
  readonly ordered?: boolean;
}

interface PendingEvent {
  readonly definition: EventDefinition;
  readonly event: NewEvent & { readonly id: string };
  readonly payload: string;
  version: number | null;
  /** Whose turn it takes in the relay (`outboxTurnsMigration`). */
  turnId: string;
}

/** Below the broker's 1 MiB with room for key and headers; in bytes of UTF-8 JSON. */
export const maxPayloadBytes = 900_000;

/** An escape of NUL or of a lone surrogate in JSON text, and not a backslash that stands before the same letters. */
const unstorableText = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/**
 * The outbox of one service's schema. Events are gathered in the transaction and written last, in
 * order, just before the commit; with a rollback they never existed.
 */
export class Outbox {
  private readonly pending = new WeakMap<Tx, PendingEvent[]>();

  constructor(
    private readonly schema: string,
    private readonly hint: CommitHint,
  ) {}

  /**
   * An event that is told inside a savepoint goes with it when it rolls back.
   *
   * @throws Problem `event_too_large` (413) past `maxPayloadBytes`: what the broker would refuse is refused to the writer
   * @throws Problem `text_not_storable` (422) where a text holds NUL or half of a surrogate pair: `jsonb` takes neither
   * @throws Error where the event is not registered, its payload does not fit its schema, or the transaction has ended: a defect of the caller
   */
  append<P>(tx: Tx, definition: EventDefinition<string, P>, event: NewEvent<P>): void {
    if (findEvent(definition.type, definition.version) !== definition) throw new Error(`${definition.type} is not registered`);
    const violations = registeredEvents.violations(definition, event.payload);
    if (violations.length > 0) throw new Error(`${definition.type}.v${definition.version} does not fit its schema: ${violations.join(', ')}`);
    const payload = JSON.stringify(event.payload);
    if (Buffer.byteLength(payload) > maxPayloadBytes) throw outboxErrors.eventTooLarge();
    if (payload.includes('\\u') && unstorableText.test(payload)) throw outboxErrors.textNotStorable();
    const unit = unitOf(tx);
    if (!unit.open) throw new Error(`the transaction has ended, ${definition.type} would be lost`);
    const gathered = this.gatheredIn(tx, unit);
    const before = gathered.length;
    gathered.push({ definition, event: { ...event, id: event.id ?? newId() }, payload, version: null, turnId: event.tenantId ?? platformTurn });
    unit.onSavepointRollback(() => void (gathered.length = before));
  }

  private gatheredIn(tx: Tx, unit: UnitOfWork): PendingEvent[] {
    const known = this.pending.get(tx);
    if (known !== undefined) return known;
    const gathered: PendingEvent[] = [];
    this.pending.set(tx, gathered);
    unit.beforeCommit(() => this.flush(tx, gathered));
    unit.afterCommit(() => {
      if (gathered.length > 0) this.hint.send();
    });
    return gathered;
  }

  private async flush(tx: Tx, gathered: readonly PendingEvent[]): Promise<void> {
    if (gathered.length === 0) return;
    await this.numberAggregates(tx, gathered);
    await tx.query(insertEvents(this.schema), [
      gathered.map(({ event }) => event.id),
      gathered.map(({ definition }) => definition.type),
      gathered.map(({ definition }) => definition.version),
      gathered.map(({ payload }) => payload),
      gathered.map(({ event }) => event.aggregateId),
      gathered.map(({ definition }) => definition.aggregateType),
      gathered.map(({ event }) => event.tenantId),
      gathered.map(({ version }) => version),
      gathered.map(({ event }) => event.traceparent ?? null),
      gathered.map(({ turnId }) => turnId),
    ]);
  }

  /** Locks in the order of the ids, so that two transactions with the same aggregates cannot deadlock. */
  private async numberAggregates(tx: Tx, gathered: readonly PendingEvent[]): Promise<void> {
    const ordered = gathered.filter(({ event }) => event.ordered !== false);
    const byAggregate = Map.groupBy(ordered, ({ definition, event }) => `${definition.aggregateType} ${event.aggregateId.toLowerCase()}`);
    for (const key of [...byAggregate.keys()].sort()) {
      const group = byAggregate.get(key) ?? [];
      const [type, id] = key.split(' ');
      const [row] = await tx.query<{ version_before: string; kept_turn: string }>(`SELECT * FROM ${this.schema}.advance_aggregate($1, $2, $3, $4)`, [
        ...[type, id, group.length, group[0]?.turnId],
      ]);
      if (row === undefined) throw new Error('advance_aggregate answered no row');
      let version = Number(row.version_before);
      for (const pending of group) Object.assign(pending, { version: ++version, turnId: row.kept_turn });
    }
  }
}

/** One statement for all events; `ORDER BY ordinality` gives them sequences in the order in which they were told. */
const insertEvents = (schema: string) => `
  INSERT INTO ${schema}.event_outbox
    (id, event_type, event_version, payload, aggregate_id, aggregate_type, tenant_id, aggregate_version, traceparent, turn_id)
  SELECT id, event_type, event_version, payload::jsonb, aggregate_id, aggregate_type, tenant_id, aggregate_version, traceparent, turn_id
  FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::bigint[], $9::text[], $10::uuid[])
    WITH ORDINALITY AS e (id, event_type, event_version, payload, aggregate_id, aggregate_type, tenant_id, aggregate_version, traceparent, turn_id)
  ORDER BY ordinality`;
