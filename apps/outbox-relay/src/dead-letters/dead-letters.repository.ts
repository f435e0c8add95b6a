import { Injectable } from '@nestjs/common';
import type { Queryable, Tx } from '@plinth/database';
import type { RawMessage } from '@plinth/kafka';
import { newId } from '@plinth/kernel';
import { filterCount, filterValues, NARROWED, type LetterFilters, type LetterStatus } from './letter-filters.js';
import { factsOf, failureDigest } from './received-letter.js';
import { storeHeaders, type StoredHeader } from './stored-headers.js';

export type LetterCounts = Readonly<Record<'waiting' | 'requested' | 'redriven' | 'processed' | 'failed_again' | 'discarded', number>>;

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
  readonly fingerprint: string;
  readonly value_bytes: number;
  readonly received_at: Date;
  readonly status: LetterStatus;
  readonly replay_count: number;
  readonly redrive_requested_at: Date | null;
  readonly redriven_at: Date | null;
  readonly redriven_by: string | null;
  readonly redrive_error: string | null;
  readonly discarded_at: Date | null;
  readonly discarded_by: string | null;
  readonly discard_reason: string | null;
  readonly redrive_batch_id: string | null;
  readonly processed_at: Date | null;
  readonly superseded_by: string | null;
}

/** Letters of one fingerprint. Counts are decimal. */
export interface GroupRow {
  readonly fingerprint: string;
  readonly consumer_group: string | null;
  readonly topic: string | null;
  readonly event_type: string | null;
  readonly error: string | null;
  readonly pending: string;
  readonly redriven: string;
  readonly processed: string;
  readonly failed_again: string;
  readonly discarded: string;
  readonly first_received_at: Date;
  readonly last_received_at: Date;
  readonly oldest_pending_at: Date | null;
  readonly example_id: string;
  readonly last_sequence: string;
}

/** Letters of one day, fingerprint and status that are no more. */
export interface ArchiveRow {
  /** ISO 8601, without a time: the day of their arrival, in UTC. */
  readonly day: string;
  readonly fingerprint: string;
  readonly status: LetterStatus;
  readonly consumer_group: string | null;
  readonly topic: string | null;
  readonly event_type: string | null;
  readonly error: string | null;
  /** Decimal. */
  readonly letters: string;
}

export interface ArchiveFilters {
  readonly group?: string | undefined;
  readonly fingerprint?: string | undefined;
}

export type ArchivePosition = readonly [day: string, fingerprint: string, status: string];

/** Where a page of groups begins. Letters that came after the first page was read are not counted on the later ones. */
export interface GroupPosition {
  readonly before: string;
  readonly upTo: string;
}

export interface WholeLetter extends ListedLetter {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly StoredHeader[];
}

@Injectable()
export class DeadLettersRepository {
  /** Keeps a letter as it was read; one that is kept already, or whose message failed at the same place before, stays as it is, and one that was archived is not brought back. */
  async takeIn(tx: Tx, message: RawMessage): Promise<void> {
    const { topic, partition, offset, timestamp, key, value, headers } = message;
    if ((await tx.query(FIND_PURGED, [topic, partition, offset, timestamp])).length > 0) return;
    const facts = factsOf(message);
    await tx.query(INSERT_LETTER, [
      ...[newId(), topic, partition, offset, timestamp],
      ...[facts.group, facts.topic, facts.partition, facts.offset, facts.attempts, facts.error, facts.failedAt],
      ...[facts.eventId, facts.eventType, facts.tenantId, key, value, JSON.stringify(storeHeaders(headers)), facts.replayCount, failureDigest(message)],
    ]);
  }

  /** Newest first. @param before sequence below which the page begins; null from the newest on */
  async listLetters(conn: Queryable, filters: LetterFilters, before: string | null, limit: number): Promise<ListedLetter[]> {
    return await conn.query<ListedLetter>(LIST_LETTERS, [...filterValues(filters), before, limit]);
  }

  /** The group with the newest letter first. @param position null for the first page */
  async listGroups(conn: Queryable, filters: LetterFilters, position: GroupPosition | null, limit: number): Promise<GroupRow[]> {
    return await conn.query<GroupRow>(LIST_GROUPS, [...filterValues(filters), position?.before ?? null, position?.upTo ?? null, limit]);
  }

  /** What was purged, newest day first. @param before the last row of the page before; null from the newest on */
  async listArchive(conn: Queryable, { group, fingerprint }: ArchiveFilters, before: ArchivePosition | null, limit: number): Promise<ArchiveRow[]> {
    return await conn.query<ArchiveRow>(LIST_ARCHIVE, [group ?? null, fingerprint ?? null, before?.[0] ?? null, before?.[1] ?? null, before?.[2] ?? null, limit]);
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

  /** A letter that waits to be sent already keeps its place and who asked first; a discarded one is pending again. @returns the letter as it is now */
  async requestRedrive(tx: Tx, id: string, operatorId: string | null): Promise<ListedLetter> {
    const rows = await tx.query<ListedLetter>(REQUEST_REDRIVE, [id, operatorId]);
    return rows[0] as ListedLetter;
  }

  /** @returns the letter as it is now */
  async discard(tx: Tx, id: string, operatorId: string | null, reason: string): Promise<ListedLetter> {
    const rows = await tx.query<ListedLetter>(DISCARD, [id, operatorId, reason]);
    return rows[0] as ListedLetter;
  }

  /** A letter that is to be sent again counts as requested, whatever its status. */
  async countLetters(conn: Queryable): Promise<LetterCounts> {
    const [row] = await conn.query<LetterCounts>(COUNT_LETTERS);
    return row ?? { waiting: 0, requested: 0, redriven: 0, processed: 0, failed_again: 0, discarded: 0 };
  }
}

const listed = `id, sequence, letter_topic, letter_partition, letter_offset, consumer_group, topic, partition, "offset", attempts, error,
  failed_at, event_id, event_type, tenant_id, fingerprint, coalesce(octet_length(value), 0) AS value_bytes, received_at, status, replay_count,
  redrive_requested_at, redriven_at, redriven_by, redrive_error, discarded_at, discarded_by, discard_reason, redrive_batch_id, processed_at, superseded_by`;

/** What Kafka holds for longer than the table does (0006_archive). */
const FIND_PURGED = `
  SELECT 1 AS purged FROM relay.purged_place
  WHERE letter_topic = $1 AND letter_partition = $2 AND letter_offset >= $3::bigint AND letter_at >= $4::timestamptz`;

/** A conflict is the letter's own place, read again, or the same failure, told again: dead_letter_place_unique, dead_letter_failure_unique. */
const INSERT_LETTER = `
  INSERT INTO relay.dead_letter (id, letter_topic, letter_partition, letter_offset, letter_at,
    consumer_group, topic, partition, "offset", attempts, error, failed_at,
    event_id, event_type, tenant_id, key, value, headers, replay_count, failure_digest)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
  ON CONFLICT DO NOTHING`;

const LIST_LETTERS = `
  SELECT ${listed} FROM relay.dead_letter
  WHERE ${NARROWED} AND ($${filterCount + 1}::bigint IS NULL OR sequence < $${filterCount + 1})
  ORDER BY sequence DESC LIMIT $${filterCount + 2}`;

/** Names are those of every letter of the group, for the fingerprint is made of them; of an error with ids in it, some letter's. */
const LIST_GROUPS = `
  SELECT fingerprint, min(consumer_group) AS consumer_group, min(topic) AS topic, min(event_type) AS event_type, min(error) AS error,
    count(*) FILTER (WHERE status = 'pending') AS pending, count(*) FILTER (WHERE status = 'redriven') AS redriven,
    count(*) FILTER (WHERE status = 'processed') AS processed, count(*) FILTER (WHERE status = 'failed_again') AS failed_again,
    count(*) FILTER (WHERE status = 'discarded') AS discarded,
    min(received_at) AS first_received_at, max(received_at) AS last_received_at, min(received_at) FILTER (WHERE status = 'pending') AS oldest_pending_at,
    (array_agg(id ORDER BY (status = 'pending') DESC, sequence DESC))[1] AS example_id, max(sequence) AS last_sequence
  FROM relay.dead_letter
  WHERE ${NARROWED} AND ($${filterCount + 2}::bigint IS NULL OR sequence <= $${filterCount + 2})
  GROUP BY fingerprint
  HAVING $${filterCount + 1}::bigint IS NULL OR max(sequence) < $${filterCount + 1}
  ORDER BY max(sequence) DESC LIMIT $${filterCount + 3}`;

const LIST_ARCHIVE = `
  SELECT day::text AS day, fingerprint, status, consumer_group, topic, event_type, error, letters FROM relay.dead_letter_archive
  WHERE ($1::text IS NULL OR consumer_group = $1) AND ($2::text IS NULL OR fingerprint = $2)
    AND ($3::date IS NULL OR (day, fingerprint, status) < ($3, $4::text, $5::text))
  ORDER BY day DESC, fingerprint DESC, status DESC LIMIT $6`;

const REQUEST_REDRIVE = `
  UPDATE relay.dead_letter
  SET redrive_requested_by = CASE WHEN redrive_requested_at IS NULL THEN $2 ELSE redrive_requested_by END,
      redrive_requested_at = coalesce(redrive_requested_at, clock_timestamp()),
      redrive_batch_id = CASE WHEN redrive_requested_at IS NOT NULL THEN redrive_batch_id END,
      status = CASE status WHEN 'discarded' THEN 'pending' ELSE status END,
      discarded_at = NULL, discarded_by = NULL, discard_reason = NULL
  WHERE id = $1 RETURNING ${listed}`;

const DISCARD = `
  UPDATE relay.dead_letter SET status = 'discarded', discarded_at = clock_timestamp(), discarded_by = $2, discard_reason = $3
  WHERE id = $1 RETURNING ${listed}`;

const COUNT_LETTERS = `
  SELECT count(*) FILTER (WHERE status = 'pending' AND redrive_requested_at IS NULL)::int AS waiting,
         count(*) FILTER (WHERE redrive_requested_at IS NOT NULL)::int AS requested,
         count(*) FILTER (WHERE status = 'redriven' AND redrive_requested_at IS NULL)::int AS redriven,
         count(*) FILTER (WHERE status = 'processed' AND redrive_requested_at IS NULL)::int AS processed,
         count(*) FILTER (WHERE status = 'failed_again' AND redrive_requested_at IS NULL)::int AS failed_again,
         count(*) FILTER (WHERE status = 'discarded' AND redrive_requested_at IS NULL)::int AS discarded
  FROM relay.dead_letter`;
