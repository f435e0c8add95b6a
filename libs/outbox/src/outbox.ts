import { findEvent, registeredEvents, type EventDefinition } from '@plinth/contracts';
import { unitOf, type Statement, type Tx, type UnitOfWork } from '@plinth/database';
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
    gathered.push({ definition, event: { ...event, id: event.id ?? newId() }, payload });
    unit.onSavepointRollback(() => void (gathered.length = before));
  }

  private gatheredIn(tx: Tx, unit: UnitOfWork): PendingEvent[] {
    const known = this.pending.get(tx);
    if (known !== undefined) return known;
    const gathered: PendingEvent[] = [];
    this.pending.set(tx, gathered);
    unit.beforeCommit(() => (gathered.length === 0 ? null : this.appending(gathered)));
    unit.afterCommit(() => {
      if (gathered.length > 0) this.hint.send();
    });
    return gathered;
  }

  private appending(gathered: readonly PendingEvent[]): Statement {
    const ordered = gathered.filter(({ event }) => event.ordered !== false);
    const byAggregate = Map.groupBy(ordered, aggregateOf);
    // Locked in the order of the ids, so that two transactions with the same aggregates cannot deadlock.
    const aggregates = [...byAggregate].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, events]) => events as [PendingEvent, ...PendingEvent[]]);
    const places = new Map(aggregates.flatMap((events, index) => events.map((event, place) => [event, { aggregate: index + 1, place: place + 1 }] as const)));
    return {
      sql: appendEvents(this.schema),
      parameters: [
        gathered.map(({ event }) => event.id),
        gathered.map(({ definition }) => definition.type),
        gathered.map(({ definition }) => definition.version),
        gathered.map(({ payload }) => payload),
        gathered.map(({ event }) => event.aggregateId),
        gathered.map(({ definition }) => definition.aggregateType),
        gathered.map(({ event }) => event.tenantId),
        gathered.map(({ event }) => event.traceparent ?? null),
        gathered.map((event) => places.get(event)?.aggregate ?? null),
        gathered.map((event) => places.get(event)?.place ?? null),
        aggregates.map(([{ definition }]) => definition.aggregateType),
        aggregates.map(([{ event }]) => event.aggregateId),
        aggregates.map((events) => events.length),
        aggregates.map(([{ event }]) => event.tenantId),
      ],
    };
  }
}

function aggregateOf({ definition, event }: PendingEvent): string {
  return `${definition.aggregateType} ${event.aggregateId.toLowerCase()}`;
}

/**
 * All events of a transaction. Each aggregate is counted on, and so locked, before any event is written: the CTE is read
 * to its end by the sort, and sequences are drawn behind the sort, in the order in which the events were told.
 */
const appendEvents = (schema: string) => `
  WITH numbered AS MATERIALIZED (
    SELECT a.aggregate, advanced.version_before, advanced.kept_turn
    FROM unnest($11::text[], $12::uuid[], $13::int[], $14::uuid[]) WITH ORDINALITY AS a (type, id, events, tenant_id, aggregate)
    CROSS JOIN LATERAL ${schema}.advance_aggregate(a.type, a.id, a.events, coalesce(a.tenant_id, '${platformTurn}')) AS advanced
  )
  INSERT INTO ${schema}.event_outbox
    (id, event_type, event_version, payload, aggregate_id, aggregate_type, tenant_id, traceparent, aggregate_version, turn_id)
  SELECT e.id, e.type, e.version, e.payload::jsonb, e.aggregate_id, e.aggregate_type, e.tenant_id, e.traceparent,
    numbered.version_before + e.place, coalesce(numbered.kept_turn, e.tenant_id, '${platformTurn}')
  FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::bigint[], $10::bigint[])
    WITH ORDINALITY AS e (id, type, version, payload, aggregate_id, aggregate_type, tenant_id, traceparent, aggregate, place, told)
  LEFT JOIN numbered ON numbered.aggregate = e.aggregate
  ORDER BY e.told`;
