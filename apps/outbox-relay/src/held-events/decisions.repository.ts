import { Injectable } from '@nestjs/common';
import type { Queryable, Tx } from '@plinth/database';
import type { decisionActions } from './held-event-view.js';

/** What an operator has decided of an event, and what became of it. */
export interface Decision {
  readonly id: string;
  readonly source: string;
  readonly event_id: string;
  readonly action: (typeof decisionActions)[number];
  readonly reason: string;
  readonly decided_at: Date;
  readonly decided_by: string | null;
  /** Null while it is not carried out. */
  readonly outcome: 'done' | 'too_late' | null;
}

@Injectable()
export class DecisionsRepository {
  /** @returns null where one of the event is open already */
  async insert(tx: Tx, { id, source, event_id, action, reason, decided_by }: Omit<Decision, 'decided_at' | 'outcome'>): Promise<Decision | null> {
    const rows = await tx.query<Decision>(INSERT_DECISION, [id, source, event_id, action, reason, decided_by]);
    return rows[0] ?? null;
  }

  async findOpen(conn: Queryable, eventId: string): Promise<Decision | null> {
    const rows = await conn.query<Decision>(`SELECT ${columns} FROM relay.event_decision WHERE event_id = $1 AND ended_at IS NULL`, [eventId]);
    return rows[0] ?? null;
  }

  async findLast(conn: Queryable, source: string, eventId: string): Promise<Decision | null> {
    const rows = await conn.query<Decision>(FIND_LAST, [eventId, source]);
    return rows[0] ?? null;
  }

  /** The oldest first, those that another replica carries out left out. */
  async claimOpen(tx: Tx, limit: number): Promise<Decision[]> {
    return await tx.query<Decision>(CLAIM_OPEN, [limit]);
  }

  async end(tx: Tx, id: string, outcome: NonNullable<Decision['outcome']>): Promise<void> {
    await tx.query('UPDATE relay.event_decision SET ended_at = clock_timestamp(), outcome = $2 WHERE id = $1', [id, outcome]);
  }
}

const columns = 'id, source, event_id, action, reason, decided_at, decided_by, outcome';

const INSERT_DECISION = `
  INSERT INTO relay.event_decision (id, source, event_id, action, reason, decided_by) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (event_id) WHERE ended_at IS NULL DO NOTHING RETURNING ${columns}`;

const FIND_LAST = `
  SELECT ${columns} FROM relay.event_decision WHERE event_id = $1 AND source = $2 ORDER BY decided_at DESC LIMIT 1`;

/** Index: idx_event_decision_open holds nothing else. */
const CLAIM_OPEN = `
  SELECT ${columns} FROM relay.event_decision WHERE ended_at IS NULL ORDER BY decided_at LIMIT $1 FOR UPDATE SKIP LOCKED`;
