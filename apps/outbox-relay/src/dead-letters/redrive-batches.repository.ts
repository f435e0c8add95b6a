import { Injectable } from '@nestjs/common';
import type { Queryable, Tx } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { filterCount, filterValues, NARROWED, type LetterFilters } from './letter-filters.js';

/** Why a redrive by filter leaves a letter out that the filter names. */
export const exclusions = ['already_requested', 'redriven', 'processed', 'failed_again', 'discarded', 'unknown_group', 'replay_limit'] as const;

/** Which letters are to be sent again, and to whom they can be. */
export interface Selection {
  readonly filters: LetterFilters;
  readonly maxReplays: number;
  readonly groups: readonly string[];
}

/** Letters of one fingerprint with the same fate. */
export interface PlanRow {
  readonly fate: 'selected' | (typeof exclusions)[number];
  readonly fingerprint: string;
  readonly consumer_group: string | null;
  readonly topic: string | null;
  readonly event_type: string | null;
  readonly error: string | null;
  readonly count: number;
}

export interface RedrivePlan {
  /** Of the newest letter that is reached; decimal. */
  readonly upToSequence: string;
  readonly selected: number;
  readonly rows: readonly PlanRow[];
  readonly firstIds: readonly string[];
}

export interface BatchRow {
  readonly id: string;
  readonly requested_at: Date;
  readonly requested_by: string;
  readonly reason: string | null;
  readonly filter: LetterFilters;
  readonly rate_per_second: number;
  readonly max_replays: number;
  readonly selected: number;
  readonly requested: number;
  readonly sent: number;
  readonly refused: number;
  readonly processed: number;
  readonly failed_again: number;
  readonly ended_at: Date | null;
  readonly stopped_at: Date | null;
  readonly stopped_by: string | null;
  /** `requested_at` to the microsecond, for the cursor. */
  readonly requested_at_text: string;
}

export interface NewBatch extends Selection {
  readonly operatorId: string | null;
  readonly reason: string | null;
  readonly ratePerSecond: number;
  readonly plan: RedrivePlan;
}

export type BatchPosition = readonly [requestedAt: string, id: string];

/** Redrives of many letters, as operators ask for them and follow them. */
@Injectable()
export class RedriveBatchesRepository {
  /** What a selection reaches now, and what it leaves out. Reads, and locks nothing. */
  async plan(conn: Queryable, selection: Selection): Promise<RedrivePlan> {
    const [{ newest } = { newest: '0' }] = await conn.query<{ newest: string }>('SELECT coalesce(max(sequence), 0) AS newest FROM relay.dead_letter');
    const parameters = [...selectionValues(selection), newest];
    const rows = await conn.query<PlanRow>(PLAN, parameters);
    const first = await conn.query<{ id: string }>(FIRST_SELECTED, [...parameters, firstIdsShown]);
    const selected = rows.filter(({ fate }) => fate === 'selected').reduce((sum, { count }) => sum + count, 0);
    return { upToSequence: newest, selected, rows, firstIds: first.map(({ id }) => id) };
  }

  async insertBatch(tx: Tx, { filters, maxReplays, operatorId, reason, ratePerSecond, plan }: NewBatch): Promise<BatchRow> {
    const rows = await tx.query<BatchRow>(INSERT_BATCH, [newId(), operatorId, reason, JSON.stringify(filters), ratePerSecond, maxReplays, plan.upToSequence, plan.selected]);
    return rows[0] as BatchRow;
  }

  /** Newest first. */
  async listBatches(conn: Queryable, before: BatchPosition | null, limit: number): Promise<BatchRow[]> {
    return await conn.query<BatchRow>(LIST_BATCHES, [before?.[0] ?? null, before?.[1] ?? null, limit]);
  }

  async findBatch(conn: Queryable, id: string): Promise<BatchRow | null> {
    const rows = await conn.query<BatchRow>(`SELECT ${columns} FROM relay.redrive_batch WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  /** What is with the sender already is still sent. @returns null where it had ended or been stopped before */
  async stopBatch(tx: Tx, id: string, operatorId: string | null): Promise<BatchRow | null> {
    const rows = await tx.query<BatchRow>(STOP_BATCH, [id, operatorId]);
    return rows[0] ?? null;
  }
}

const firstIdsShown = 20;

/** The parameters that `FATE` and `NARROWED` take, in their order. */
export function selectionValues({ filters, maxReplays, groups }: Selection): unknown[] {
  return [...filterValues(filters), filters.status ?? 'pending', groups, maxReplays];
}

/** How many parameters `FATE` and `NARROWED` take together, from $1 on. */
export const selectionCount = filterCount + 3;

/** What a selection does with a letter that its filter names. */
export const FATE = `CASE
    WHEN redrive_requested_at IS NOT NULL THEN 'already_requested'
    WHEN status <> $${filterCount + 1}::text THEN status
    WHEN consumer_group IS NULL OR consumer_group <> ALL ($${filterCount + 2}::text[]) THEN 'unknown_group'
    WHEN replay_count >= $${filterCount + 3}::int THEN 'replay_limit'
    ELSE 'selected' END`;

const REACHED = `FROM relay.dead_letter WHERE ${NARROWED} AND sequence <= $${selectionCount + 1}::bigint`;

const PLAN = `
  SELECT ${FATE} AS fate, fingerprint, min(consumer_group) AS consumer_group, min(topic) AS topic, min(event_type) AS event_type, min(error) AS error,
    count(*)::int AS count
  ${REACHED} GROUP BY 1, 2`;

const FIRST_SELECTED = `SELECT id ${REACHED} AND ${FATE} = 'selected' ORDER BY sequence LIMIT $${selectionCount + 2}`;

const columns = `id, requested_at, requested_by, reason, filter, rate_per_second, max_replays, selected, requested, sent, refused, processed, failed_again,
  ended_at, stopped_at, stopped_by, requested_at::text AS requested_at_text`;

const INSERT_BATCH = `
  INSERT INTO relay.redrive_batch (id, requested_by, reason, filter, rate_per_second, max_replays, up_to_sequence, selected)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${columns}`;

const LIST_BATCHES = `
  SELECT ${columns} FROM relay.redrive_batch
  WHERE $1::timestamptz IS NULL OR (requested_at, id) < ($1, $2::uuid)
  ORDER BY requested_at DESC, id DESC LIMIT $3`;

const STOP_BATCH = `
  UPDATE relay.redrive_batch SET stopped_at = clock_timestamp(), stopped_by = $2
  WHERE id = $1 AND ended_at IS NULL AND stopped_at IS NULL RETURNING ${columns}`;
