import { Injectable } from '@nestjs/common';
import type { Queryable, Tx } from '@plinth/database';
import type { RawMessage } from '@plinth/kafka';
import { newId } from '@plinth/kernel';
import { factsOf, failureDigest } from './received-letter.js';
import type { RedrivableLetter } from './redriven-message.js';
import { storeHeaders, type StoredHeader } from './stored-headers.js';

export const letterStatuses = ['pending', 'redriven', 'discarded'] as const;
export type LetterStatus = (typeof letterStatuses)[number];

export type LetterCounts = Readonly<Record<'waiting' | 'requested' | 'redriven' | 'discarded', number>>;

/** What narrows the list; a missing one does not. */
export interface LetterFilters {
  readonly group?: string | undefined;
  /** The original topic. */
  readonly topic?: string | undefined;
  readonly error?: string | undefined;
  readonly status?: LetterStatus | undefined;
}

/** A letter without its key, value and headers. */
export interface ListedLetter {
  readonly id: string;
  readonly sequence: string;
  readonly letter_topic: string;
  readonly letter_partition: number;
  readonly letter_offset: string;
  readonly consumer_group: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly attempts: number | null;
  readonly error: string | null;
  readonly failed_at: Date | null;
  readonly event_id: string | null;
  readonly event_type: string | null;
  readonly tenant_id: string | null;
  readonly value_bytes: number;
  readonly received_at: Date;
  readonly status: LetterStatus;
  readonly replay_count: number;
  readonly redrive_requested_at: Date | null;
  readonly redriven_at: Date | null;
  readonly redriven_by: string | null;
  readonly redrive_error: string | null;
}

export interface WholeLetter extends ListedLetter {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly StoredHeader[];
}

@Injectable()
export class DeadLettersRepository {
  /** Keeps a letter as it was read; one that is kept already, or whose message failed at the same place before, stays as it is. */
  async takeIn(tx: Tx, message: RawMessage): Promise<void> {
    const { topic, partition, offset, timestamp, key, value, headers } = message;
    const facts = factsOf(message);
    await tx.query(INSERT_LETTER, [
      ...[newId(), topic, partition, offset, timestamp],
      ...[facts.group, facts.topic, facts.partition, facts.offset, facts.attempts, facts.error, facts.failedAt],
      ...[facts.eventId, facts.eventType, facts.tenantId, key, value, JSON.stringify(storeHeaders(headers)), facts.replayCount, failureDigest(message)],
    ]);
  }

  /** Newest first. @param before sequence below which the page begins; null from the newest on */
  async listLetters(conn: Queryable, filters: LetterFilters, before: string | null, limit: number): Promise<ListedLetter[]> {
    return await conn.query<ListedLetter>(LIST_LETTERS, [
      ...[before, limit],
      ...[filters.group, filters.topic, filters.error, filters.status].map((value) => value ?? null),
    ]);
  }

  async findLetter(conn: Queryable, id: string): Promise<WholeLetter | null> {
    const rows = await conn.query<WholeLetter>(`SELECT ${listed}, key, value, headers FROM relay.dead_letter WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  /** Locked until the commit, so that of two requests the second sees the first. */
  async claimLetter(tx: Tx, id: string): Promise<WholeLetter | null> {
    const rows = await tx.query<WholeLetter>(`SELECT ${listed}, key, value, headers FROM relay.dead_letter WHERE id = $1 FOR UPDATE`, [id]);
    return rows[0] ?? null;
  }

  /** A letter that waits to be sent already keeps its place and who asked first. @returns the letter as it is now */
  async requestRedrive(tx: Tx, id: string, operatorId: string | null): Promise<ListedLetter> {
    const rows = await tx.query<ListedLetter>(REQUEST_REDRIVE, [id, operatorId]);
    return rows[0] as ListedLetter;
  }

  /** A letter that is to be sent again counts as requested, whatever its status. */
  async countLetters(conn: Queryable): Promise<LetterCounts> {
    const [row] = await conn.query<LetterCounts>(COUNT_LETTERS);
    return row ?? { waiting: 0, requested: 0, redriven: 0, discarded: 0 };
  }

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

const listed = `id, sequence, letter_topic, letter_partition, letter_offset, consumer_group, topic, partition, "offset", attempts, error,
  failed_at, event_id, event_type, tenant_id, coalesce(octet_length(value), 0) AS value_bytes, received_at, status, replay_count,
  redrive_requested_at, redriven_at, redriven_by, redrive_error`;

/** A conflict is the letter's own place, read again, or the same failure, told again: dead_letter_place_unique, dead_letter_failure_unique. */
const INSERT_LETTER = `
  INSERT INTO relay.dead_letter (id, letter_topic, letter_partition, letter_offset, letter_at,
    consumer_group, topic, partition, "offset", attempts, error, failed_at,
    event_id, event_type, tenant_id, key, value, headers, replay_count, failure_digest)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
  ON CONFLICT DO NOTHING`;

const LIST_LETTERS = `
  SELECT ${listed} FROM relay.dead_letter
  WHERE ($1::bigint IS NULL OR sequence < $1)
    AND ($3::text IS NULL OR consumer_group = $3) AND ($4::text IS NULL OR topic = $4)
    AND ($5::text IS NULL OR error = $5) AND ($6::text IS NULL OR status = $6)
  ORDER BY sequence DESC LIMIT $2`;

const REQUEST_REDRIVE = `
  UPDATE relay.dead_letter
  SET redrive_requested_by = CASE WHEN redrive_requested_at IS NULL THEN $2 ELSE redrive_requested_by END,
      redrive_requested_at = coalesce(redrive_requested_at, clock_timestamp())
  WHERE id = $1 RETURNING ${listed}`;

const COUNT_LETTERS = `
  SELECT count(*) FILTER (WHERE status = 'pending' AND redrive_requested_at IS NULL)::int AS waiting,
         count(*) FILTER (WHERE redrive_requested_at IS NOT NULL)::int AS requested,
         count(*) FILTER (WHERE status = 'redriven' AND redrive_requested_at IS NULL)::int AS redriven,
         count(*) FILTER (WHERE status = 'discarded' AND redrive_requested_at IS NULL)::int AS discarded
  FROM relay.dead_letter`;

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
