import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import { closeProcessed } from './inbox-tables.js';
import { countedAs } from './redrive-counts.js';

/** A letter that was sent again, of which nothing has been seen since. */
export interface FollowedLetter {
  readonly id: string;
  /** Decimal. */
  readonly sequence: string;
}

/** What shows how a redriven letter ended: the inbox of its group, and letters that came back. */
@Injectable()
export class FollowingRepository {
  /** @returns false while another replica follows */
  async becomeFollower(tx: Tx): Promise<boolean> {
    const [row] = await tx.query<{ locked: boolean }>(BECOME_FOLLOWER);
    return row?.locked === true;
  }

  /** @param after sequence behind which to look, decimal */
  async listFollowed(tx: Tx, after: string, limit: number): Promise<FollowedLetter[]> {
    return await tx.query<FollowedLetter>(LIST_FOLLOWED, [after, limit]);
  }

  /** The schemas whose inbox this role may read; a service that keeps its schema elsewhere has none here. */
  async listInboxSchemas(tx: Tx): Promise<string[]> {
    const rows = await tx.query<{ schema: string }>(LIST_INBOXES);
    return rows.map(({ schema }) => schema);
  }

  /** @returns how many of the letters the inbox shows to be handled */
  async closeProcessed(tx: Tx, schema: string, ids: readonly string[]): Promise<number> {
    const rows = await tx.query<{ id: string }>(closeProcessed(schema), [ids]);
    if (rows.length > 0) await tx.query(COUNT_PROCESSED, [rows.map(({ id }) => id)]);
    if (rows.length > 0) await tx.query(CLOSE_OTHERS, [rows.map(({ id }) => id)]);
    return rows.length;
  }

  /** @returns how many of the letters have come back as others */
  async closeFailedAgain(tx: Tx, ids: readonly string[]): Promise<number> {
    const rows = await tx.query<{ id: string }>(CLOSE_FAILED_AGAIN, [ids]);
    if (rows.length > 0) await tx.query(COUNT_FAILED_AGAIN, [rows.map(({ id }) => id)]);
    return rows.length;
  }
}

const BECOME_FOLLOWER = `SELECT pg_try_advisory_xact_lock(hashtextextended('plinth.outbox-relay.follow', 0)) AS locked`;

/** Index: idx_dead_letter_status. */
const LIST_FOLLOWED = `
  SELECT id, sequence FROM relay.dead_letter
  WHERE status = 'redriven' AND redrive_requested_at IS NULL AND sequence > $1::bigint
  ORDER BY sequence LIMIT $2`;

/** Schemas are named as ours are: nothing else goes into a statement. */
const LIST_INBOXES = `
  SELECT n.nspname AS schema FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname = 'inbox' AND c.relkind = 'r' AND n.nspname ~ '^[a-z][a-z0-9_]{0,62}$'
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
  ORDER BY 1`;

/** Other letters of the same event to the same group have nothing left to wait for. */
const CLOSE_OTHERS = `
  UPDATE relay.dead_letter other SET status = 'processed', processed_at = closed.processed_at
  FROM relay.dead_letter closed
  WHERE closed.id = ANY ($1::uuid[]) AND other.event_id = closed.event_id AND other.consumer_group = closed.consumer_group
    AND other.status = 'pending' AND other.redrive_requested_at IS NULL`;

/**
 * A letter came back where a later one is of the same event, or, where nobody could read which event it is, of the same first
 * place, and had been sent as often. Indexes: idx_dead_letter_event, idx_dead_letter_origin.
 */
const CLOSE_FAILED_AGAIN = `
  UPDATE relay.dead_letter letter SET status = 'failed_again', superseded_by = back.id
  FROM relay.dead_letter sent CROSS JOIN LATERAL (
    SELECT later.id, later.sequence FROM relay.dead_letter later
    WHERE later.event_id = sent.event_id AND later.consumer_group = sent.consumer_group
      AND later.sequence > sent.sequence AND later.replay_count >= sent.replay_count
    UNION ALL
    SELECT later.id, later.sequence FROM relay.dead_letter later
    WHERE sent.event_id IS NULL AND later.event_id IS NULL AND later.consumer_group = sent.consumer_group
      AND later.topic = sent.topic AND later.partition = sent.partition AND later."offset" = sent."offset"
      AND later.sequence > sent.sequence AND later.replay_count >= sent.replay_count
    ORDER BY sequence LIMIT 1
  ) AS back
  WHERE sent.id = ANY ($1::uuid[]) AND letter.id = sent.id AND letter.status = 'redriven' AND letter.redrive_requested_at IS NULL
  RETURNING letter.id`;

const BATCHES_OF = '(SELECT redrive_batch_id FROM relay.dead_letter WHERE id = ANY ($1::uuid[])) AS closed';
const COUNT_PROCESSED = countedAs('processed', BATCHES_OF);
const COUNT_FAILED_AGAIN = countedAs('failed_again', BATCHES_OF);
