import { Injectable } from '@nestjs/common';
import type { QuotaMetric } from '@plinth/contracts';
import type { Conn, Tx } from '@plinth/database';
import type { WindowState } from './quota-window.js';
import { windowColumns } from './quotas.repository.js';

/** What an operator decided for a tenant. */
export interface QuotaChange {
  readonly sequence: number;
  readonly metric: QuotaMetric;
  readonly kind: 'limit_set' | 'limit_removed' | 'reset';
  /** Of `limit_set`. */
  readonly limit: number | null;
  readonly reason: string;
  readonly operatorId: string;
  readonly at: Date;
}

/** A window whose period is over, and whose end was not told of. */
export type EndedPeriod = Pick<WindowState, 'id' | 'tenantId' | 'metric'>;

/** What was: past periods, and operators' decisions. */
@Injectable()
export class QuotaRecordsRepository {
  /** All that are open, of every metric that was used. */
  async listOpen(conn: Conn, tenantId: string): Promise<readonly WindowState[]> {
    return await conn.query<WindowState>(`SELECT ${windowColumns} FROM tenancy.quota_window WHERE tenant_id = $1 AND closed_at IS NULL`, [tenantId]);
  }

  /** Newest first. @param before only windows older than this one's id */
  async listWindows(conn: Conn, tenantId: string, before: string | null, limit: number): Promise<readonly WindowState[]> {
    return await conn.query<WindowState>(
      `SELECT ${windowColumns} FROM tenancy.quota_window WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [tenantId, before, limit],
    );
  }

  /** Newest first. @param before only those before this number */
  async listChanges(conn: Conn, tenantId: string, before: number | null, limit: number): Promise<readonly QuotaChange[]> {
    return await conn.query<QuotaChange>(
      `SELECT sequence::float8 AS sequence, metric, kind, limit_units::float8 AS "limit", reason, operator_id AS "operatorId", at
       FROM tenancy.quota_change WHERE tenant_id = $1 AND ($2::bigint IS NULL OR sequence < $2) ORDER BY sequence DESC LIMIT $3`,
      [tenantId, before, limit],
    );
  }

  /** After the window of the metric is claimed, so that the last one is the last that was decided. */
  async insertChange(tx: Tx, tenantId: string, { metric, kind, limit, reason, operatorId, at }: Omit<QuotaChange, 'sequence'>): Promise<void> {
    await tx.query(
      `INSERT INTO tenancy.quota_change (tenant_id, metric, kind, limit_units, reason, operator_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [tenantId, metric, kind, limit, reason, operatorId, at],
    );
  }

  async readTime(conn: Conn): Promise<Date> {
    const [row] = await conn.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    if (row === undefined) throw new Error('the database has no time');
    return row.now;
  }

  /** Over all tenants, the oldest first; without those of which something is held that has time left. */
  async listEnded(conn: Conn, now: Date, limit: number): Promise<readonly EndedPeriod[]> {
    return await conn.query<EndedPeriod>(LIST_ENDED, [now, limit]);
  }

  /** Its end is told of, by the event of a reset or of the period's end. @returns false where it was before */
  async markReported(tx: Tx, windowId: string, at: Date): Promise<boolean> {
    const rows = await tx.query('UPDATE tenancy.quota_window SET reported_at = $2 WHERE id = $1 AND reported_at IS NULL RETURNING 1', [windowId, at]);
    return rows.length === 1;
  }
}

// By idx_quota_window_due, which holds what is not told of alone, and for each by idx_quota_grant_held.
const LIST_ENDED = `
  SELECT w.id, w.tenant_id AS "tenantId", w.metric FROM tenancy.quota_window w
  WHERE w.reported_at IS NULL AND w.ends_at <= $1
    AND NOT EXISTS (
      SELECT 1 FROM tenancy.quota_grant g
      WHERE g.tenant_id = w.tenant_id AND g.metric = w.metric AND g.state = 'held' AND g.expires_at > $1 AND g.window_id = w.id
    )
  ORDER BY w.ends_at LIMIT $2`;
