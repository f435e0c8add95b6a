import type { Queryable } from '@plinth/database';
import type { Turn } from './fair-turns.js';

/** A row of an outbox as it is read, the payload as JSON text. */
export interface ClaimedEvent {
  readonly id: string;
  readonly event_type: string;
  readonly event_version: number;
  readonly payload: string;
  readonly aggregate_id: string;
  readonly aggregate_type: string;
  readonly created_at: Date;
  /** `processing`: it held its aggregate until now. */
  readonly status: 'pending' | 'processing';
  readonly processing_attempts: number;
  readonly tenant_id: string | null;
  readonly aggregate_version: string | null;
  readonly traceparent: string | null;
  readonly turn_id: string;
  /** Decimal; exact as a number up to 2^53. */
  readonly sequence: string;
}

/** Where an event stands that is neither published nor in hand. */
export type WaitingEvent = Pick<ClaimedEvent, 'aggregate_type' | 'aggregate_id' | 'turn_id' | 'sequence'>;

/** A name for the event's aggregate. */
export function aggregateOf({ aggregate_type: type, aggregate_id: id }: Pick<ClaimedEvent, 'aggregate_type' | 'aggregate_id'>): string {
  return `${type} ${id}`;
}

export interface EventFailure {
  readonly id: string;
  /** Code of the error; never data. */
  readonly error: string;
  readonly retryInMs: number;
}

/** Bounds of one batch: it stays small in memory, whatever single events weigh. */
export interface BatchBounds {
  readonly rows: number;
  /** Of payload text; a single larger event is taken alone. */
  readonly bytes: number;
}

/** Where a look at the whole outbox begins and what it passes over. */
export interface Position {
  /** Everything up to here has been looked at. */
  readonly cursor: number;
  /** Below the cursor, from here on, is looked at again: a transaction that began early may commit late. */
  readonly lateFrom: number;
  /** Events in hand, of which the outbox does not know yet that they are published. */
  readonly inHand: readonly string[];
}

const columns = `o.id, o.event_type, o.event_version, o.payload::text AS payload, o.aggregate_id, o.aggregate_type,
  coalesce(o.created_at, now()) AS created_at, o.status, coalesce(o.processing_attempts, 0) AS processing_attempts,
  o.tenant_id, o.aggregate_version, o.traceparent, o.turn_id, o.sequence`;

/**
 * What may be published now: nothing that waits for its next try, and nothing behind an earlier event of its aggregate
 * that does or that failed and was not skipped, for then the aggregate waits, and it alone. As a scalar subquery that check stays a probe of
 * idx_outbox_held, where a join, planned with old statistics, would walk all held events for each row.
 */
const publishable = (schema: string, partitions: string) => `o.status IN ('pending', 'processing')
  AND (o.status = 'pending' OR coalesce(o.next_attempt_at, '-infinity') <= now())
  AND o.partition = ANY (${partitions}::smallint[])
  AND (SELECT e.id FROM ${schema}.event_outbox e
       WHERE e.aggregate_id = o.aggregate_id AND e.aggregate_type = o.aggregate_type AND e.sequence < o.sequence
         AND e.status IN ('processing', 'failed') AND e.skipped_at IS NULL LIMIT 1) IS NULL`;

/**
 * What stands behind the cursor, and what turned up below it.
 *
 * Order: by sequence. Paging by the last sequence alone would lose what commits late, so a stretch below the cursor is
 * looked at again each time, and all of it now and then. A look at all of it each time would walk past every dead entry
 * that an old snapshot keeps in the index.
 * Lock: none; leases keep a partition to one replica, and a second one could only publish duplicates.
 * Index: idx_outbox_unpublished gives the order and holds what may be published only (`prepare` keeps the planner to it).
 */
const readInOrder = (schema: string) => `
  WITH late AS MATERIALIZED (
    SELECT ${columns} FROM ${schema}.event_outbox o
    WHERE ${publishable(schema, '$1')} AND o.sequence > $3 AND o.sequence <= $2 AND NOT (o.id = ANY ($4::uuid[]))
    ORDER BY o.sequence LIMIT $5
  ), fresh AS MATERIALIZED (
    SELECT ${columns} FROM ${schema}.event_outbox o
    WHERE ${publishable(schema, '$1')} AND o.sequence > $2 ORDER BY o.sequence LIMIT $5
  ), found AS (
    SELECT * FROM late UNION ALL SELECT * FROM fresh
  ), weighed AS (
    SELECT found.*, sum(octet_length(payload)) OVER (ORDER BY sequence) - octet_length(payload) AS bytes_before FROM found
  )
  SELECT * FROM weighed WHERE bytes_before < $6 ORDER BY sequence`;

/**
 * The front of several queues at once, each from its own position on and no more than its share.
 *
 * Index: idx_outbox_turns, whose whole order is asked for. With a plain `turn_id = ...` the planner may take the index of
 * the sequences instead, and walk past another tenant's million events to reach one.
 */
const readTurns = (schema: string) => `
  SELECT event.* FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS turn (turn_id, after, max_bytes)
  CROSS JOIN LATERAL (
    SELECT weighed.* FROM (
      SELECT front.*, sum(octet_length(payload)) OVER (ORDER BY sequence) - octet_length(payload) AS bytes_before FROM (
        SELECT ${columns} FROM ${schema}.event_outbox o
        WHERE ${publishable(schema, '$1')} AND (o.turn_id, o.sequence) > (turn.turn_id, turn.after) AND o.turn_id <= turn.turn_id
        ORDER BY o.turn_id, o.sequence LIMIT $5
      ) front
    ) weighed WHERE weighed.bytes_before < turn.max_bytes
  ) event`;

/** Whose queues hold anything. A walk from queue to queue, however long each is. Index: idx_outbox_turns. */
const findTurns = (schema: string) => `
  WITH RECURSIVE turn AS (
    (SELECT o.turn_id FROM ${schema}.event_outbox o WHERE o.status IN ('pending', 'processing') ORDER BY o.turn_id LIMIT 1)
    UNION ALL
    SELECT (SELECT o.turn_id FROM ${schema}.event_outbox o WHERE o.status IN ('pending', 'processing') AND o.turn_id > turn.turn_id
            ORDER BY o.turn_id LIMIT 1)
    FROM turn WHERE turn.turn_id IS NOT NULL
  )
  SELECT turn_id FROM turn WHERE turn_id IS NOT NULL`;

const findLast = (schema: string) => `
  SELECT coalesce((SELECT o.sequence FROM ${schema}.event_outbox o WHERE o.status IN ('pending', 'processing')
                   ORDER BY o.sequence DESC LIMIT 1), 0) AS last`;

/** Which queues have got something since, and from where on. Index: idx_outbox_unpublished. */
const findArrivals = (schema: string) => `
  SELECT o.turn_id, min(o.sequence) AS first, max(o.sequence) AS last FROM ${schema}.event_outbox o
  WHERE o.status IN ('pending', 'processing') AND o.sequence > $1 AND NOT (o.id = ANY ($2::uuid[]))
  GROUP BY o.turn_id`;

/** In which queues something stands below what was read, which may be published now: late commits, and what was held. */
const findLeftBehind = (schema: string) => `
  SELECT turn.turn_id, behind.sequence AS first FROM unnest($2::uuid[], $3::bigint[]) AS turn (turn_id, after)
  CROSS JOIN LATERAL (
    SELECT o.sequence FROM ${schema}.event_outbox o
    WHERE ${publishable(schema, '$1')} AND (o.turn_id, o.sequence) <= (turn.turn_id, turn.after) AND o.turn_id >= turn.turn_id
      AND NOT (o.id = ANY ($4::uuid[]))
    ORDER BY o.turn_id, o.sequence LIMIT 1
  ) behind`;

/**
 * What waits before events of their aggregates: it committed after it was passed by. What holds its aggregate (`processing`) is
 * minded by `publishable`.
 *
 * Index: idx_outbox_aggregate. The status is asked for in a way that no partial index has it: those of all that waits would be
 * walked from their beginning, past every dead entry, for each aggregate.
 */
const findWaitingBefore = (schema: string) => `
  SELECT waiting.* FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS event (aggregate_type, aggregate_id, sequence)
  CROSS JOIN LATERAL (
    SELECT o.aggregate_type, o.aggregate_id, o.turn_id, o.sequence FROM ${schema}.event_outbox o
    WHERE o.aggregate_type = event.aggregate_type AND o.aggregate_id = event.aggregate_id AND o.sequence < event.sequence
      AND coalesce(o.status, '') = 'pending' AND NOT (o.id = ANY ($4::uuid[]))
  ) waiting`;

/**
 * Of events that are named by their ids. The status is asked for in a way that no partial index has it: by statistics of a time
 * without a backlog the index of what waits looks empty, and would be walked from end to end for each batch.
 */
const stillWaiting = (alias: string) => `coalesce(${alias}.status, '') IN ('pending', 'processing')`;

/** One statement a batch. The status is part of the condition so that an operator's change meanwhile is kept. Index: the primary key. */
const markPublished = (schema: string) => `
  UPDATE ${schema}.event_outbox o SET status = 'published', processed_at = clock_timestamp(), next_attempt_at = NULL
  WHERE o.id = ANY ($1::uuid[]) AND ${stillWaiting('o')}`;

/** A refused event waits as `processing` until its next try; after the last one it is `failed` until someone re-arms it. Index: the primary key. */
const recordFailures = (schema: string) => `
  UPDATE ${schema}.event_outbox o
  SET processing_attempts = coalesce(o.processing_attempts, 0) + 1,
      last_error = f.error,
      status = CASE WHEN coalesce(o.processing_attempts, 0) + 1 >= $4 THEN 'failed' ELSE 'processing' END,
      next_attempt_at = CASE WHEN coalesce(o.processing_attempts, 0) + 1 >= $4 THEN NULL
                             ELSE clock_timestamp() + f.retry_in_ms * interval '1 millisecond' END
  FROM unnest($1::uuid[], $2::text[], $3::int[]) AS f (id, error, retry_in_ms)
  WHERE o.id = f.id AND ${stillWaiting('o')}`;

/** Events of one turn that have come: the sequences of the first and the last. */
export interface Arrival {
  readonly turnId: string;
  readonly first: number;
  readonly last: number;
}

/** The queries of one service's outbox, each a statement of its own that is committed at once. */
export class OutboxTable {
  constructor(
    private readonly connection: Queryable,
    private readonly schema: string,
  ) {}

  /**
   * To be called once for the connection. Statistics of an outbox are mostly of a time without a backlog;
   * by them the planner would collect and sort all that waits for each batch, 60 times slower than reading
   * the first rows of the index. Without sorts at hand it takes the index; the cost that it then sees would
   * have it compile every claim.
   */
  async prepare(): Promise<void> {
    await this.connection.query('SET enable_sort = off; SET jit = off');
  }

  /** In insertion order, late ones first. */
  async readInOrder(partitions: readonly number[], { cursor, lateFrom, inHand }: Position, { rows, bytes }: BatchBounds): Promise<ClaimedEvent[]> {
    return await this.connection.query<ClaimedEvent>(readInOrder(this.schema), [partitions, cursor, lateFrom, inHand, rows, bytes]);
  }

  /** Of each turn in insertion order. @param rows most events of one turn */
  async readTurns(partitions: readonly number[], turns: readonly Turn[], rows: number): Promise<ClaimedEvent[]> {
    return await this.connection.query<ClaimedEvent>(readTurns(this.schema), [
      partitions,
      turns.map(({ turnId }) => turnId),
      turns.map(({ after }) => after),
      turns.map(({ maxBytes }) => maxBytes),
      rows,
    ]);
  }

  async findTurns(): Promise<string[]> {
    return (await this.connection.query<{ turn_id: string }>(findTurns(this.schema))).map(({ turn_id: turnId }) => turnId);
  }

  /** The sequence of the newest unpublished event; 0 for none. */
  async findLast(): Promise<number> {
    const [row] = await this.connection.query<{ last: string }>(findLast(this.schema));
    return Number(row?.last ?? 0);
  }

  async findArrivals(since: number, inHand: readonly string[]): Promise<Arrival[]> {
    const rows = await this.connection.query<{ turn_id: string; first: string; last: string }>(findArrivals(this.schema), [since, inHand]);
    return rows.map(({ turn_id: turnId, first, last }) => ({ turnId, first: Number(first), last: Number(last) }));
  }

  async findLeftBehind(partitions: readonly number[], positions: readonly Pick<Turn, 'turnId' | 'after'>[], inHand: readonly string[]): Promise<Omit<Arrival, 'last'>[]> {
    const rows = await this.connection.query<{ turn_id: string; first: string }>(findLeftBehind(this.schema), [
      partitions,
      positions.map(({ turnId }) => turnId),
      positions.map(({ after }) => after),
      inHand,
    ]);
    return rows.map(({ turn_id: turnId, first }) => ({ turnId, first: Number(first) }));
  }

  /** What is neither published nor in hand, and stands before these events in their aggregates. @param inHand ids of what is passed over */
  async findWaitingBefore(events: readonly WaitingEvent[], inHand: readonly string[]): Promise<WaitingEvent[]> {
    return await this.connection.query<WaitingEvent>(findWaitingBefore(this.schema), [
      events.map(({ aggregate_type }) => aggregate_type),
      events.map(({ aggregate_id }) => aggregate_id),
      events.map(({ sequence }) => sequence),
      inHand,
    ]);
  }

  async markPublished(ids: readonly string[]): Promise<void> {
    await this.connection.query(markPublished(this.schema), [ids]);
  }

  /** @param maxAttempts tries after which an event has failed for good; from 1 */
  async recordFailures(failures: readonly EventFailure[], maxAttempts: number): Promise<void> {
    await this.connection.query(recordFailures(this.schema), [
      failures.map(({ id }) => id),
      failures.map(({ error }) => error),
      failures.map(({ retryInMs }) => retryInMs),
      maxAttempts,
    ]);
  }
}
