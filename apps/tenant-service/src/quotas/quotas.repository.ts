import { Injectable } from '@nestjs/common';
import type { QuotaMetric, Tier } from '@plinth/contracts';
import type { Conn, Tx } from '@plinth/database';
import type { GrantKind, WindowState } from './quota-window.js';

/** Units that somebody took, under the id of their choice. */
export interface Grant {
  readonly id: string;
  readonly windowId: string;
  readonly metric: QuotaMetric;
  readonly kind: GrantKind;
  readonly holder: string;
  readonly units: number;
  /** Null while it is held. */
  readonly used: number | null;
  readonly state: 'held' | 'settled' | 'released' | 'forfeited';
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

/** What the ledger has to know of a tenant beside its windows. */
export interface TenantFacts {
  readonly databaseTime: Date;
  readonly tier: Tier;
  readonly timeZone: string;
  /** An operator's; null where the tier's limit holds. */
  readonly ownLimit: number | null;
  /** The newest window that has an end: the next begins with it, and has another id. */
  readonly lastPeriod: string | null;
  readonly lastEndsAt: Date | null;
  /** When the next grant expires that is still held. */
  readonly nextExpiry: Date | null;
  /** Of a standing metric that this service itself counts (members): what is there, for the first window to begin with. */
  readonly standing: number;
}

// Units are below 2^53 (a CHECK holds them there), where a double is exact and the driver gives a number.
export const windowColumns = `id, tenant_id AS "tenantId", metric, period, starts_at AS "startsAt", ends_at AS "endsAt", limit_units::float8 AS "limit",
  ceiling_units::float8 AS ceiling, settled::float8 AS settled, reserved::float8 AS reserved, leased::float8 AS leased,
  forfeited::float8 AS forfeited, overrun::float8 AS overrun, told_percent AS "toldPercent", closed_at AS "closedAt"`;

const grantColumns = `id, window_id AS "windowId", metric, kind, holder, units::float8 AS units, used_units::float8 AS used, state, expires_at AS "expiresAt", ended_at AS "endedAt"`;

/** The last word of an operator on the limit of the metric `m`; null where it is the tier's. */
const ownLimit = (metric: string) =>
  `(SELECT c.limit_units::float8 FROM tenancy.quota_change c WHERE c.tenant_id = $1 AND c.metric = ${metric} AND c.kind <> 'reset' ORDER BY c.sequence DESC LIMIT 1)`;

@Injectable()
export class QuotasRepository {
  /**
   * Locks the open window of a tenant's metric: every write of the ledger does so first, so that no two of a metric happen
   * at once, and those of closed windows that follow cannot deadlock. False where there is none yet.
   */
  async claimOpenWindow(tx: Tx, tenantId: string, metric: QuotaMetric): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM tenancy.quota_window WHERE tenant_id = $1 AND metric = $2 AND closed_at IS NULL FOR UPDATE', [tenantId, metric]);
    return rows.length === 1;
  }

  /** Null where there is no such tenant. Behind the lock, for its time must not be older than what it is compared with. */
  async findFacts(conn: Conn | Tx, tenantId: string, metric: QuotaMetric): Promise<TenantFacts | null> {
    const [facts] = await conn.query<TenantFacts>(
      `SELECT clock_timestamp() AS "databaseTime", t.tier, t.time_zone AS "timeZone", ${ownLimit('$2')} AS "ownLimit", l.period AS "lastPeriod", l.ends_at AS "lastEndsAt",
         (SELECT min(g.expires_at) FROM tenancy.quota_grant g WHERE g.tenant_id = $1 AND g.metric = $2 AND g.state = 'held') AS "nextExpiry",
         CASE WHEN $2 = 'users' THEN (SELECT count(*) FROM tenancy.membership m WHERE m.tenant_id = $1) ELSE 0 END::float8 AS standing
       FROM tenancy.tenant t
       LEFT JOIN LATERAL (SELECT w.period, w.ends_at FROM tenancy.quota_window w WHERE w.tenant_id = $1 AND w.metric = $2 AND w.ends_at IS NOT NULL ORDER BY w.ends_at DESC, w.starts_at DESC LIMIT 1) l ON true
       WHERE t.id = $1`,
      [tenantId, metric],
    );
    return facts ?? null;
  }

  /** After `claimOpenWindow`, whose answer may be older than what `forfeitExpired` made of it. */
  async getOpenWindow(tx: Tx, tenantId: string, metric: QuotaMetric): Promise<WindowState> {
    const [state] = await tx.query<WindowState>(`SELECT ${windowColumns} FROM tenancy.quota_window WHERE tenant_id = $1 AND metric = $2 AND closed_at IS NULL`, [tenantId, metric]);
    if (state === undefined) throw new Error('the open window is locked, and gone');
    return state;
  }

  /** A closed one that something of it ends in; after `claimOpenWindow`. @throws Error where it is gone, which no grant's window can be */
  async claimWindow(tx: Tx, id: string): Promise<WindowState> {
    const [state] = await tx.query<WindowState>(`SELECT ${windowColumns} FROM tenancy.quota_window WHERE id = $1 FOR UPDATE`, [id]);
    if (state === undefined) throw new Error('the window of a grant is gone');
    return state;
  }

  /** @returns false where another transaction has opened one meanwhile */
  async insertWindow(tx: Tx, state: WindowState): Promise<boolean> {
    const { id, tenantId, metric, period, startsAt, endsAt, limit, ceiling, settled } = state;
    const rows = await tx.query(
      `INSERT INTO tenancy.quota_window (id, tenant_id, metric, period, starts_at, ends_at, limit_units, ceiling_units, settled, reserved, leased, forfeited, overrun, told_percent)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, 0)
       ON CONFLICT (tenant_id, metric) WHERE closed_at IS NULL DO NOTHING RETURNING 1`,
      [id, tenantId, metric, period, startsAt, endsAt, limit, ceiling, settled],
    );
    return rows.length === 1;
  }

  async saveWindow(tx: Tx, state: WindowState): Promise<void> {
    const { id, limit, ceiling, settled, reserved, leased, forfeited, overrun, toldPercent, closedAt } = state;
    await tx.query(
      `UPDATE tenancy.quota_window SET limit_units = $2, ceiling_units = $3, settled = $4, reserved = $5, leased = $6, forfeited = $7, overrun = $8, told_percent = $9, closed_at = $10
       WHERE id = $1`,
      [id, limit, ceiling, settled, reserved, leased, forfeited, overrun, toldPercent, closedAt],
    );
  }

  async findGrants(conn: Conn | Tx, tenantId: string, ids: readonly string[]): Promise<readonly Grant[]> {
    if (ids.length === 0) return [];
    return await conn.query<Grant>(`SELECT ${grantColumns} FROM tenancy.quota_grant WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`, [tenantId, ids]);
  }

  async insertGrant(tx: Tx, tenantId: string, grant: Grant, grantedAt: Date): Promise<void> {
    const { id, windowId, metric, kind, holder, units, expiresAt } = grant;
    await tx.query(
      `INSERT INTO tenancy.quota_grant (tenant_id, id, window_id, metric, kind, holder, units, state, granted_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'held', $8, $9)`,
      [tenantId, id, windowId, metric, kind, holder, units, grantedAt, expiresAt],
    );
  }

  async saveGrant(tx: Tx, tenantId: string, { id, state, used, endedAt }: Grant): Promise<void> {
    await tx.query('UPDATE tenancy.quota_grant SET state = $3, used_units = $4, ended_at = $5 WHERE tenant_id = $1 AND id = $2', [tenantId, id, state, used, endedAt]);
  }

  /**
   * What is held past its time counts as used, in the window that it was taken from: all of a tenant's metric in one statement. After `claimOpenWindow`.
   *
   * @returns the windows, open and closed, in which something was
   */
  async forfeitExpired(tx: Tx, tenantId: string, metric: QuotaMetric, now: Date): Promise<readonly string[]> {
    const rows = await tx.query<{ id: string }>(FORFEIT, [tenantId, metric, now]);
    return rows.map(({ id }) => id);
  }
}

const FORFEIT = `
  WITH expired AS (
    UPDATE tenancy.quota_grant SET state = 'forfeited', used_units = units, ended_at = $3
    WHERE tenant_id = $1 AND metric = $2 AND state = 'held' AND expires_at <= $3
    RETURNING window_id, kind, units
  ), sums AS (
    SELECT window_id, coalesce(sum(units) FILTER (WHERE kind = 'reservation'), 0) AS reserved, coalesce(sum(units) FILTER (WHERE kind = 'lease'), 0) AS leased
    FROM expired GROUP BY window_id
  ), changed AS (
    UPDATE tenancy.quota_window w
    SET reserved = w.reserved - sums.reserved, leased = w.leased - sums.leased,
      settled = w.settled + sums.reserved + sums.leased, forfeited = w.forfeited + sums.reserved + sums.leased
    FROM sums WHERE w.id = sums.window_id RETURNING w.id
  )
  SELECT id FROM changed ORDER BY id`;
