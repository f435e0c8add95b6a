import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import { NARROWED, type LetterFilters } from './letter-filters.js';
import { FATE, selectionCount, selectionValues } from './redrive-batches.repository.js';
import { countedAs } from './redrive-counts.js';
import type { RedrivableLetter } from './redriven-message.js';

/** A redrive of many that has letters left. */
export interface OpenBatch {
  readonly id: string;
  readonly requested_at: Date;
  readonly requested_by: string;
  readonly filter: LetterFilters;
  readonly max_replays: number;
  /** Sequences, decimal: of the last letter that had its turn, and of the last one that is reached. */
  readonly position: string;
  readonly up_to_sequence: string;
  /** How many letters the rate allows now. */
  readonly due: number;
  readonly stopped: boolean;
}

/** What the sender reads and marks, of all tenants' letters. */
@Injectable()
export class SendingRepository {
  /** @returns false while another replica is sending */
  async becomeSender(tx: Tx): Promise<boolean> {
    const [row] = await tx.query<{ locked: boolean }>(BECOME_SENDER);
    return row?.locked === true;
  }

  /** The oldest batches that may go on: those whose letters of before have all been sent. */
  async listOpenBatches(tx: Tx, limit: number): Promise<OpenBatch[]> {
    return await tx.query<OpenBatch>(LIST_OPEN_BATCHES, [limit]);
  }

  /** The next letters of a batch, as many as are due, become requested ones; with fewer it has come to its end. */
  async handOver(tx: Tx, batch: OpenBatch, groups: readonly string[]): Promise<void> {
    const { id, due, stopped } = batch;
    if (stopped) return void (await tx.query(ADVANCE_BATCH, [id, 0, null, due, true]));
    const selection = { filters: batch.filter, maxReplays: batch.max_replays, groups };
    const [row] = await tx.query<{ requested: number; position: string | null }>(HAND_OVER, [
      ...selectionValues(selection),
      ...[batch.position, batch.up_to_sequence, batch.requested_at, due, batch.requested_by, id],
    ]);
    const requested = row?.requested ?? 0;
    await tx.query(ADVANCE_BATCH, [id, requested, row?.position ?? null, due, requested < due]);
  }

  /** @param maxBytes of the values together; one letter at least, however large */
  async listRequested(tx: Tx, limit: number, maxBytes: number): Promise<RedrivableLetter[]> {
    return await tx.query<RedrivableLetter>(LIST_REQUESTED, [limit, maxBytes]);
  }

  async markRedriven(tx: Tx, ids: readonly string[]): Promise<void> {
    await tx.query(MARK_REDRIVEN, [ids]);
  }

  /** The broker never takes this message: the request is over, and its code is kept beside the letter. */
  async recordRefusal(tx: Tx, id: string, code: string): Promise<void> {
    await tx.query(RECORD_REFUSAL, [id, code]);
  }
}

/**
 * One sender of all replicas, by a lock that ends with its transaction, however that ends. The letters
 * themselves are not locked while Kafka is written: an operator who asks for one must not wait for it.
 */
const BECOME_SENDER = `SELECT pg_try_advisory_xact_lock(hashtextextended('plinth.outbox-relay.redrive', 0)) AS locked`;

/**
 * What the rate allows since it was used last: of a second at most, so that nothing is caught up with after an outage. A batch
 * that waits for Kafka, with letters requested and not sent, gets no more of them. Index: idx_redrive_batch_open.
 */
const LIST_OPEN_BATCHES = `
  SELECT * FROM (
    SELECT id, requested_at, requested_by, filter, max_replays, position, up_to_sequence, stopped_at IS NOT NULL AS stopped,
      floor(rate_per_second * least(1, extract(epoch FROM clock_timestamp() - paced_at)))::int AS due
    FROM relay.redrive_batch batch
    WHERE ended_at IS NULL
      AND NOT EXISTS (SELECT FROM relay.dead_letter WHERE redrive_requested_at IS NOT NULL AND redrive_batch_id = batch.id)
    ORDER BY requested_at LIMIT $1) AS open
  WHERE due > 0 OR stopped`;

const [position, upTo, requestedAt, due, requestedBy, batchId] = [1, 2, 3, 4, 5, 6].map((place) => `$${selectionCount + place}`);

/**
 * Letters that were sent by another redrive since this one was asked for are no longer what it selected. Locked before they
 * are judged, so that one that is discarded at the same moment is left out.
 */
const HAND_OVER = `
  WITH chosen AS (
    SELECT id FROM relay.dead_letter
    WHERE ${NARROWED} AND sequence > ${position}::bigint AND sequence <= ${upTo}::bigint AND ${FATE} = 'selected'
      AND (redriven_at IS NULL OR redriven_at < ${requestedAt}::timestamptz)
    ORDER BY sequence LIMIT ${due}::int FOR UPDATE
  ), requested AS (
    UPDATE relay.dead_letter letter
    SET redrive_requested_at = clock_timestamp(), redrive_requested_by = ${requestedBy}::uuid, redrive_batch_id = ${batchId}::uuid
    FROM chosen WHERE letter.id = chosen.id RETURNING letter.sequence
  )
  SELECT count(*)::int AS requested, max(sequence) AS position FROM requested`;

/** The rate is used up to the letters that were due, and never further back than a second. */
const ADVANCE_BATCH = `
  UPDATE relay.redrive_batch
  SET requested = requested + $2, position = coalesce($3::bigint, position), ended_at = CASE WHEN $5 THEN clock_timestamp() END,
      paced_at = greatest(paced_at, clock_timestamp() - interval '1 second') + make_interval(secs => $4::float8 / rate_per_second)
  WHERE id = $1`;

/** In the order of the requests; idx_dead_letter_requested holds nothing else. */
const LIST_REQUESTED = `
  WITH first AS (
    SELECT id, redrive_requested_at, sequence, coalesce(octet_length(value), 0) AS bytes FROM relay.dead_letter
    WHERE redrive_requested_at IS NOT NULL AND consumer_group IS NOT NULL
    ORDER BY redrive_requested_at, sequence LIMIT $1
  ), sized AS (
    SELECT id, sum(bytes) OVER (ORDER BY redrive_requested_at, sequence) - bytes AS bytes_before FROM first
  )
  SELECT letter.id, consumer_group, topic, partition, "offset", replay_count, key, value, headers
  FROM relay.dead_letter letter JOIN sized ON sized.id = letter.id
  WHERE bytes_before < $2::bigint
  ORDER BY redrive_requested_at, sequence`;

/** What was seen of an earlier redrive is seen anew. */
const MARK_REDRIVEN = `
  WITH marked AS (
    UPDATE relay.dead_letter
    SET status = 'redriven', replay_count = replay_count + 1, redriven_at = clock_timestamp(), redriven_by = redrive_requested_by,
        redrive_requested_at = NULL, redrive_requested_by = NULL, redrive_error = NULL, processed_at = NULL, superseded_by = NULL
    WHERE id = ANY ($1::uuid[]) RETURNING redrive_batch_id
  )
  ${countedAs('sent', 'marked')}`;

const RECORD_REFUSAL = `
  WITH refused AS (
    UPDATE relay.dead_letter SET redrive_requested_at = NULL, redrive_requested_by = NULL, redrive_error = $2 WHERE id = $1
    RETURNING redrive_batch_id
  )
  ${countedAs('refused', 'refused')}`;
