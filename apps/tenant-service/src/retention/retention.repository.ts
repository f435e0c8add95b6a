import { Injectable } from '@nestjs/common';
import type { RetentionClassName } from '@plinth/contracts';
import type { Conn, Tx } from '@plinth/database';
import { classOf, type RetentionPreviewView } from './retention-views.js';

/** What of a class went, of which tenant; null for what belongs to none. */
export interface Deleted {
  readonly tenantId: string | null;
  readonly gone: number;
}

/** Of each class, for one answer. */
const mostRows = 100_000;

/** What is past its time, by the function that the deletion goes by (migration 0025). */
const preview = `
  WITH past AS MATERIALIZED (SELECT id, holds FROM tenancy.past_retention($1, $2, ${mostRows}))
  SELECT (count(*) FILTER (WHERE cardinality(holds) = 0))::int AS due, (count(*) FILTER (WHERE cardinality(holds) > 0))::int AS held,
    coalesce((SELECT json_agg(json_build_object('id', each.id, 'rows', each.rows, 'reason', h.reason) ORDER BY each.id)
      FROM (SELECT hold AS id, count(*) AS rows FROM past, unnest(holds) AS hold GROUP BY hold) AS each LEFT JOIN tenancy.legal_hold h ON h.id = each.id), '[]') AS holds
  FROM past`;

@Injectable()
export class RetentionRepository {
  /** The tenant's own days, by class. */
  async readPolicies(conn: Conn | Tx, tenantId: string): Promise<ReadonlyMap<string, number>> {
    const rows = await conn.query<{ dataClass: string; days: number }>('SELECT data_class AS "dataClass", days FROM tenancy.retention_policy WHERE tenant_id = $1', [tenantId]);
    return new Map(rows.map(({ dataClass, days }) => [dataClass, days]));
  }

  /** @param days null for the default */
  async savePolicy(tx: Tx, tenantId: string, dataClass: RetentionClassName, days: number | null, { at, by }: { readonly at: Date; readonly by: string }): Promise<void> {
    if (days === null) {
      await tx.query('DELETE FROM tenancy.retention_policy WHERE tenant_id = $1 AND data_class = $2', [tenantId, dataClass]);
      return;
    }
    await tx.query(
      `INSERT INTO tenancy.retention_policy AS policy (tenant_id, data_class, days, version, updated_at, updated_by) VALUES ($1, $2, $3, 1, $4, $5)
       ON CONFLICT (tenant_id, data_class) DO UPDATE SET days = $3, version = policy.version + 1, updated_at = $4, updated_by = $5`,
      [tenantId, dataClass, days, at, by],
    );
  }

  /** Two changes of a tenant's policies come one after the other. */
  async lockPolicies(tx: Tx, tenantId: string): Promise<void> {
    await tx.query('SELECT FROM tenancy.tenant WHERE id = $1 FOR NO KEY UPDATE', [tenantId]);
  }

  /** As the transaction's tenant sees it, or over all of them as the system. */
  async preview(conn: Conn, dataClass: RetentionClassName): Promise<Pick<RetentionPreviewView, 'due' | 'held' | 'holds'>> {
    const [row] = await conn.query<Pick<RetentionPreviewView, 'due' | 'held' | 'holds'>>(preview, [dataClass, classOf(dataClass).defaultDays]);
    return row ?? { due: 0, held: 0, holds: [] };
  }

  /** As the system. Whatever is asked for, the function deletes nothing younger than its fences and nothing held. */
  async enforce(tx: Tx, dataClass: RetentionClassName, maxRows: number): Promise<readonly Deleted[]> {
    // One step at a time, so that each row is counted by whoever has deleted it.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('plinth.tenancy.retention', 0))`);
    return await tx.query<Deleted>('SELECT tenant_id AS "tenantId", gone FROM tenancy.enforce_retention($1, $2, $3) ORDER BY tenant_id', [dataClass, classOf(dataClass).defaultDays, maxRows]);
  }
}
