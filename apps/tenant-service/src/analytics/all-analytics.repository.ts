import { Injectable } from '@nestjs/common';
import type { Tier } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { behind, positionValues, type TenantPosition } from '../tenants/tenant-search.js';
import type { AnalyticsPeriod } from './analytics-period.js';

/** Sums of a tenant over a period. */
export interface TenantSums {
  readonly id: string;
  readonly name: string;
  readonly tier: Tier;
  readonly status: string;
  readonly createdAt: Date;
  readonly calls: number;
  readonly failed: number;
  readonly created: number;
  readonly members: number;
  readonly activeMembers: number;
  /** Templates of what was called. */
  readonly routes: readonly string[];
}

const days = 'tenant_id = page.id AND day BETWEEN $1::date AND $2::date';

/** The page first, so that what is summed is of its tenants alone: each by a stretch of a primary key. */
const page = `
  WITH page AS MATERIALIZED (
    SELECT t.id, t.name, t.tier, t.status, t.created_at FROM tenancy.tenant t WHERE ${behind('$3', '$4')} ORDER BY t.created_at DESC, t.id DESC LIMIT $5
  )
  SELECT page.id, page.name, page.tier, page.status, page.created_at AS "createdAt", called.calls, called.failed, called.routes, made.created, came.members, came."activeMembers"
  FROM page
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(calls), 0)::float8 AS calls, coalesce(sum(failed), 0)::float8 AS failed, coalesce(array_agg(DISTINCT route), '{}') AS routes
    FROM tenancy.usage_route_day WHERE ${days}
  ) AS called
  CROSS JOIN LATERAL (SELECT coalesce(sum(things), 0)::float8 AS created FROM tenancy.usage_created_day WHERE ${days}) AS made
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS members,
      (count(*) FILTER (WHERE EXISTS (SELECT FROM tenancy.usage_active_user_day u WHERE u.tenant_id = page.id AND u.account_id = m.account_id AND u.day BETWEEN $1::date AND $2::date)))::int AS "activeMembers"
    FROM tenancy.membership m WHERE m.tenant_id = page.id
  ) AS came
  ORDER BY page.created_at DESC, page.id DESC`;

@Injectable()
export class AllAnalyticsRepository {
  constructor(private readonly transactor: Transactor) {}

  /** A system query. Newest tenants first. */
  async listTenants({ from, to }: AnalyticsPeriod, after: TenantPosition | null, limit: number): Promise<readonly TenantSums[]> {
    return await this.transactor.readSystem('analytics_of_tenants', (conn) => conn.query<TenantSums>(page, [from, to, ...positionValues(after), limit]));
  }
}
