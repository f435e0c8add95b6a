import { Injectable } from '@nestjs/common';
import type { Tier } from '@plinth/contracts';
import type { Conn } from '@plinth/database';
import type { AnalyticsPeriod } from './analytics-period.js';
import type { Granularity } from './dto/analytics.query.js';

/** What decides which days and features are a tenant's. */
export interface AnalyticsFacts {
  readonly timeZone: string;
  readonly tier: Tier;
}

/** Sums of a route over a period. */
export interface RouteSums {
  readonly method: string;
  readonly route: string;
  readonly calls: number;
  readonly byApiKeys: number;
  readonly refused: number;
  readonly failed: number;
  /** By bucket. */
  readonly durations: readonly number[];
}

export interface PeopleSums {
  readonly members: number;
  /** Distinct people who called. */
  readonly active: number;
  /** Of these, those who are members now. */
  readonly activeMembers: number;
}

/** A stretch of the period of which something was counted. */
export interface SeriesRow {
  /** `YYYY-MM-DD`, or `YYYY-MM`. */
  readonly period: string;
  readonly calls: number;
  readonly failed: number;
  readonly activeUsers: number;
  readonly created: number;
}

const days = 'tenant_id = $1 AND day BETWEEN $2::date AND $3::date';
/** JSON's numbers hold sums of counts exactly up to 2^53. */
const sum = (column: string) => `coalesce(sum(${column}), 0)::float8`;

const routesSql = `
  WITH place AS (
    SELECT u.method, u.route, d.place, ${sum('d.calls')} AS calls
    FROM tenancy.usage_route_day u CROSS JOIN LATERAL unnest(u.durations) WITH ORDINALITY AS d (calls, place) WHERE ${days} GROUP BY 1, 2, 3
  ), histogram AS (
    SELECT method, route, array_agg(calls ORDER BY place) AS durations FROM place GROUP BY 1, 2
  )
  SELECT r.*, h.durations FROM (
    SELECT method, route, ${sum('calls')} AS calls, ${sum('by_api_keys')} AS "byApiKeys", ${sum('refused')} AS refused, ${sum('failed')} AS failed
    FROM tenancy.usage_route_day WHERE ${days} GROUP BY 1, 2
  ) r JOIN histogram h USING (method, route) ORDER BY r.calls DESC, r.route, r.method`;

const peopleSql = `
  WITH active AS MATERIALIZED (SELECT DISTINCT account_id FROM tenancy.usage_active_user_day WHERE ${days})
  SELECT (SELECT count(*)::int FROM tenancy.membership WHERE tenant_id = $1) AS members, (SELECT count(*)::int FROM active) AS active,
    (SELECT count(*)::int FROM active JOIN tenancy.membership m ON m.tenant_id = $1 AND m.account_id = active.account_id) AS "activeMembers"`;

/** A person counts once in each stretch. */
const seriesSql = `
  WITH called AS (SELECT to_char(day, $4) AS period, ${sum('calls')} AS calls, ${sum('failed')} AS failed FROM tenancy.usage_route_day WHERE ${days} GROUP BY 1),
  came AS (SELECT to_char(day, $4) AS period, count(DISTINCT account_id)::int AS people FROM tenancy.usage_active_user_day WHERE ${days} GROUP BY 1),
  made AS (SELECT to_char(day, $4) AS period, ${sum('things')} AS things FROM tenancy.usage_created_day WHERE ${days} GROUP BY 1)
  SELECT period, coalesce(calls, 0) AS calls, coalesce(failed, 0) AS failed, coalesce(people, 0) AS "activeUsers", coalesce(things, 0) AS created
  FROM called FULL JOIN came USING (period) FULL JOIN made USING (period) ORDER BY period`;

const formats: Readonly<Record<Granularity, string>> = { day: 'YYYY-MM-DD', month: 'YYYY-MM' };

/** What was counted of the transaction's tenant. Each look reads one stretch of a primary key. */
@Injectable()
export class AnalyticsRepository {
  /** Null where there is no such tenant of the caller's. */
  async findFacts(conn: Conn, tenantId: string): Promise<AnalyticsFacts | null> {
    const [row] = await conn.query<AnalyticsFacts>('SELECT time_zone AS "timeZone", tier FROM tenancy.tenant WHERE id = $1', [tenantId]);
    return row ?? null;
  }

  /** The most called first. */
  async listRoutes(conn: Conn, tenantId: string, { from, to }: AnalyticsPeriod): Promise<readonly RouteSums[]> {
    return await conn.query<RouteSums>(routesSql, [tenantId, from, to]);
  }

  async countPeople(conn: Conn, tenantId: string, { from, to }: AnalyticsPeriod): Promise<PeopleSums> {
    const [row] = await conn.query<PeopleSums>(peopleSql, [tenantId, from, to]);
    return row ?? { members: 0, active: 0, activeMembers: 0 };
  }

  async listCreated(conn: Conn, tenantId: string, { from, to }: AnalyticsPeriod): Promise<readonly { readonly kind: string; readonly count: number }[]> {
    return await conn.query(`SELECT kind, ${sum('things')} AS count FROM tenancy.usage_created_day WHERE ${days} GROUP BY 1 ORDER BY 1`, [tenantId, from, to]);
  }

  async listSeries(conn: Conn, tenantId: string, { from, to }: AnalyticsPeriod, granularity: Granularity): Promise<readonly SeriesRow[]> {
    return await conn.query<SeriesRow>(seriesSql, [tenantId, from, to, formats[granularity]]);
  }

  /** Until when calls are in the sums, by the newest interval that was told of any; null where none was ever. */
  async findCountedUntil(conn: Conn, tenantId: string): Promise<Date | null> {
    const [row] = await conn.query<{ until: Date | null }>(
      `SELECT max(counted_until) AS until FROM tenancy.usage_route_day WHERE tenant_id = $1 AND day = (SELECT max(day) FROM tenancy.usage_route_day WHERE tenant_id = $1)`,
      [tenantId],
    );
    return row?.until ?? null;
  }
}
