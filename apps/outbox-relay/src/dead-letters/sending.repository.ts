import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import type { RedrivableLetter } from './redriven-message.js';

/** What the sender reads and marks, of all tenants' letters. */
@Injectable()
export class SendingRepository {
  /** @returns false while another replica is sending */
  async becomeSender(tx: Tx): Promise<boolean> {
    const [row] = await tx.query<{ locked: boolean }>(BECOME_SENDER);
    return row?.locked === true;
  }

  async listRequested(tx: Tx, limit: number): Promise<RedrivableLetter[]> {
    return await tx.query<RedrivableLetter>(LIST_REQUESTED, [limit]);
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

/** In the order of the requests; idx_dead_letter_requested holds nothing else. */
const LIST_REQUESTED = `
  SELECT id, consumer_group, topic, partition, "offset", replay_count, key, value, headers FROM relay.dead_letter
  WHERE redrive_requested_at IS NOT NULL AND consumer_group IS NOT NULL
  ORDER BY redrive_requested_at, sequence LIMIT $1`;

const MARK_REDRIVEN = `
  UPDATE relay.dead_letter
  SET status = 'redriven', replay_count = replay_count + 1, redriven_at = clock_timestamp(), redriven_by = redrive_requested_by,
      redrive_requested_at = NULL, redrive_requested_by = NULL, redrive_error = NULL
  WHERE id = ANY ($1::uuid[])`;

const RECORD_REFUSAL = `
  UPDATE relay.dead_letter SET redrive_requested_at = NULL, redrive_requested_by = NULL, redrive_error = $2 WHERE id = $1`;
