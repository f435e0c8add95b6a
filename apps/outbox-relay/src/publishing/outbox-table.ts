import type { Queryable } from '@plinth/database';

/** A row of an outbox as it is claimed, the payload as JSON text. */
export interface ClaimedEvent {
  readonly id: string;
  readonly event_type: string;
  readonly event_version: number;
  readonly payload: string;
  readonly aggregate_id: string;
  readonly aggregate_type: string;
  readonly created_at: Date;
  readonly processing_attempts: number;
  readonly tenant_id: string | null;
  readonly aggregate_version: string | null;
  readonly traceparent: string | null;
}

export interface EventFailure {
  readonly id: string;
  /** Code of the error; never data. */
  readonly error: string;
  readonly retryInMs: number;
}

/** Bounds of one claim: a batch stays small in memory, whatever single events weigh. */
export interface ClaimBounds {
  readonly rows: number;
  /** Of payload text; a single larger event is claimed alone. */
  readonly bytes: number;
}

/**
 * What can be published now, in insertion order.
 *
 * Order: by sequence among everything unpublished, never from the last sequence seen on, for a
 * transaction that began early may commit late with an earlier one.
 * Lock: none. One publisher a source, by its session lock; a second one could only publish duplicates.
 * Index: idx_outbox_unpublished gives the order and holds what may be published only (`prepare` keeps the
 * planner to it). idx_outbox_held answers for each row whether an earlier event of its aggregate failed,
 * for then the aggregate waits, and it alone; as a scalar subquery it stays a probe of that index, where a
 * join, planned with old statistics, would walk all held events for each row.
 */
export const claimEvents = (schema: string) => `
  WITH candidate AS MATERIALIZED (
    SELECT o.id, o.event_type, o.event_version, o.payload::text AS payload, o.aggregate_id, o.aggregate_type,
           coalesce(o.created_at, now()) AS created_at, coalesce(o.processing_attempts, 0) AS processing_attempts,
           o.tenant_id, o.aggregate_version, o.traceparent, o.sequence
    FROM ${schema}.event_outbox o
    WHERE o.status IN ('pending', 'processing')
      AND (o.status = 'pending' OR coalesce(o.next_attempt_at, '-infinity') <= now())
      AND (SELECT e.id FROM ${schema}.event_outbox e
           WHERE e.aggregate_id = o.aggregate_id AND e.aggregate_type = o.aggregate_type AND e.sequence < o.sequence
             AND e.status IN ('processing', 'failed') LIMIT 1) IS NULL
    ORDER BY o.sequence
    LIMIT $1
  ), weighed AS (
    SELECT candidate.*, sum(octet_length(payload)) OVER (ORDER BY sequence) - octet_length(payload) AS bytes_before FROM candidate
  )
  SELECT id, event_type, event_version, payload, aggregate_id, aggregate_type, created_at, processing_attempts,
         tenant_id, aggregate_version, traceparent
  FROM weighed WHERE bytes_before < $2
  ORDER BY sequence`;

/** One statement a batch. The status is part of the condition so that an operator's change meanwhile is kept. */
const markPublished = (schema: string) => `
  UPDATE ${schema}.event_outbox SET status = 'published', processed_at = clock_timestamp(), next_attempt_at = NULL
  WHERE id = ANY ($1::uuid[]) AND status IN ('pending', 'processing')`;

/** A refused event waits as `processing` until its next try; after the last one it is `failed` until someone re-arms it. */
const recordFailures = (schema: string) => `
  UPDATE ${schema}.event_outbox o
  SET processing_attempts = coalesce(o.processing_attempts, 0) + 1,
      last_error = f.error,
      status = CASE WHEN coalesce(o.processing_attempts, 0) + 1 >= $4 THEN 'failed' ELSE 'processing' END,
      next_attempt_at = CASE WHEN coalesce(o.processing_attempts, 0) + 1 >= $4 THEN NULL
                             ELSE clock_timestamp() + f.retry_in_ms * interval '1 millisecond' END
  FROM unnest($1::uuid[], $2::text[], $3::int[]) AS f (id, error, retry_in_ms)
  WHERE o.id = f.id AND o.status IN ('pending', 'processing')`;

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

  async claim(bounds: ClaimBounds): Promise<ClaimedEvent[]> {
    return await this.connection.query<ClaimedEvent>(claimEvents(this.schema), [bounds.rows, bounds.bytes]);
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
