import { Injectable } from '@nestjs/common';
import type { ServiceDefinition } from '@plinth/contracts';
import type { Queryable, Tx } from '@plinth/database';
import type { EventStatus, ListedStatus } from './held-event-view.js';

/** An event of an outbox without its payload. */
export interface OutboxEvent {
  readonly source: string;
  readonly id: string;
  /** As the fixed table has it, but `skipped` where it was given up. */
  readonly status: EventStatus;
  readonly event_type: string;
  readonly event_version: number;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly tenant_id: string | null;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly created_at: Date | null;
  readonly next_attempt_at: Date | null;
  readonly skipped_at: Date | null;
  /** Decimal. */
  readonly sequence: string;
}

type Place = Pick<OutboxEvent, 'aggregate_type' | 'aggregate_id' | 'sequence'>;

export interface HeldEventFilters {
  readonly status?: ListedStatus | undefined;
  readonly eventType?: string | undefined;
  readonly tenantId?: string | undefined;
}

/** The outboxes, by the relay's system role: connections and transactions that are handed in are that role's. */
@Injectable()
export class HeldEventsRepository {
  /** In the order of insertion, what was skipped too where it is asked for. @param after sequence behind which the page begins */
  async listHeld(system: Queryable, { name, schema }: ServiceDefinition, filters: HeldEventFilters, after: string, limit: number) {
    return await system.query<OutboxEvent & { readonly waiting_behind: number }>(listHeld(schema, filters.status === 'skipped'), [
      ...[name, after, limit, filters.status === 'skipped' ? 'failed' : (filters.status ?? null), filters.eventType ?? null, filters.tenantId ?? null],
    ]);
  }

  async findEvent(system: Queryable, { name, schema }: ServiceDefinition, id: string): Promise<OutboxEvent | null> {
    const rows = await system.query<OutboxEvent>(`SELECT ${columns} FROM ${schema}.event_outbox o WHERE o.id = $2`, [name, id]);
    return rows[0] ?? null;
  }

  /** To be tried anew, with all its tries. It goes on holding its aggregate (`outbox_0004_rearm`). @returns false where it was not failed */
  async rearm(tx: Tx, { schema }: ServiceDefinition, id: string): Promise<boolean> {
    return (await rearm(tx, schema, id)).length === 1;
  }

  /** Never to be published. What it held goes on in its order. @returns false where it was not failed */
  async skip(tx: Tx, { schema }: ServiceDefinition, id: string): Promise<boolean> {
    const [skipped] = await skip(tx, schema, id);
    if (skipped === undefined) return false;
    await holdNext(tx, schema, skipped);
    return true;
  }
}

const columns = `$1::text AS source, o.id, CASE WHEN o.skipped_at IS NULL THEN o.status ELSE 'skipped' END AS status, o.event_type, o.event_version,
  o.aggregate_type, o.aggregate_id, o.tenant_id, coalesce(o.processing_attempts, 0) AS attempts, o.last_error, o.created_at,
  o.next_attempt_at, o.skipped_at, o.sequence`;

/**
 * Index: idx_outbox_held or idx_outbox_skipped, which hold nothing else. What waits is walked once for the whole page, by
 * idx_outbox_unpublished, and no further than a backlog of some minutes.
 */
const listHeld = (schema: string, skipped: boolean) => `
  WITH page AS MATERIALIZED (
    SELECT ${columns} FROM ${schema}.event_outbox o
    WHERE ${skipped ? 'o.skipped_at IS NOT NULL' : `o.status IN ('processing', 'failed') AND o.skipped_at IS NULL`}
      AND o.sequence > $2 AND ($4::text IS NULL OR o.status = $4) AND ($5::text IS NULL OR o.event_type = $5) AND ($6::uuid IS NULL OR o.tenant_id = $6)
    ORDER BY o.sequence LIMIT $3
  ), waiting AS MATERIALIZED (
    SELECT o.aggregate_type, o.aggregate_id, o.sequence FROM ${schema}.event_outbox o
    WHERE o.status IN ('pending', 'processing') AND EXISTS (SELECT FROM page WHERE page.skipped_at IS NULL)
    ORDER BY o.sequence LIMIT 100000
  )
  SELECT page.*, count(waiting.sequence)::int AS waiting_behind
  FROM page LEFT JOIN waiting ON page.skipped_at IS NULL AND waiting.aggregate_type = page.aggregate_type
    AND waiting.aggregate_id = page.aggregate_id AND waiting.sequence > page.sequence
  GROUP BY ${['source', 'id', 'status', 'event_type', 'event_version', 'aggregate_type', 'aggregate_id', 'tenant_id', 'attempts', 'last_error', 'created_at', 'next_attempt_at', 'skipped_at', 'sequence'].map((name) => `page.${name}`).join(', ')}
  ORDER BY page.sequence`;

/** The condition is looked at again once the row is locked, so nothing that a loop has in hand is touched: that is not failed. */
const rearm = (tx: Tx, schema: string, id: string) => tx.query(`
  UPDATE ${schema}.event_outbox SET status = 'pending', processing_attempts = 0
  WHERE id = $1 AND status = 'failed' AND skipped_at IS NULL RETURNING id`, [id]);

const skip = (tx: Tx, schema: string, id: string) => tx.query<Place>(`
  UPDATE ${schema}.event_outbox SET skipped_at = clock_timestamp()
  WHERE id = $1 AND status = 'failed' AND skipped_at IS NULL RETURNING aggregate_type, aggregate_id, sequence`, [id]);

/**
 * The next event of the aggregate takes over its hold, until it is published itself: it lies below what the relay looks at
 * each time, and as `pending` it would be overtaken by one that comes now. Index: idx_outbox_unpublished.
 */
const holdNext = (tx: Tx, schema: string, place: Place) => tx.query(`
  UPDATE ${schema}.event_outbox SET status = 'processing', next_attempt_at = now()
  WHERE status = 'pending' AND id = (
    SELECT o.id FROM ${schema}.event_outbox o
    WHERE o.status IN ('pending', 'processing') AND o.sequence > $3 AND o.aggregate_type = $1 AND o.aggregate_id = $2
    ORDER BY o.sequence LIMIT 1)`, [place.aggregate_type, place.aggregate_id, place.sequence]);
