import { Injectable } from '@nestjs/common';
import type { CreatedKind, RouteUsageV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';

/** Sorted, as all of these, so that two transactions of a tenant's wait for one another and never both. */
const addRoutes = `
  INSERT INTO tenancy.usage_route_day AS known (tenant_id, day, method, route, calls, by_api_keys, refused, failed, durations, counted_until)
  SELECT $1, $2::date, r.method, r.route, r.calls, r."byApiKeys", r.refused, r.failed, r.durations, $4
  FROM jsonb_to_recordset($3::jsonb) AS r (method text, route text, calls bigint, "byApiKeys" bigint, refused bigint, failed bigint, durations bigint[])
  ORDER BY r.method, r.route
  ON CONFLICT (tenant_id, day, method, route) DO UPDATE SET
    calls = known.calls + excluded.calls, by_api_keys = known.by_api_keys + excluded.by_api_keys,
    refused = known.refused + excluded.refused, failed = known.failed + excluded.failed,
    durations = (SELECT array_agg(coalesce(pair.had, 0) + coalesce(pair.came, 0) ORDER BY pair.place)
      FROM unnest(known.durations, excluded.durations) WITH ORDINALITY AS pair (had, came, place)),
    counted_until = greatest(known.counted_until, excluded.counted_until)`;

const addPeople = `
  INSERT INTO tenancy.usage_active_user_day (tenant_id, day, account_id)
  SELECT $1, $2::date, person FROM unnest($3::uuid[]) AS person ORDER BY person
  ON CONFLICT ON CONSTRAINT usage_active_user_day_once DO NOTHING`;

const addCreated = `
  INSERT INTO tenancy.usage_created_day AS known (tenant_id, day, kind, things) VALUES ($1, $2::date, $3, 1)
  ON CONFLICT (tenant_id, day, kind) DO UPDATE SET things = known.things + 1`;

/** Sums by tenant and day; within the transaction of the event, whose tenant row-level security holds it to. */
@Injectable()
export class UsageCountsRepository {
  /** Of the transaction's tenant; null where there is none. */
  async findTimeZone(tx: Tx, tenantId: string): Promise<string | null> {
    const [row] = await tx.query<{ timeZone: string }>('SELECT time_zone AS "timeZone" FROM tenancy.tenant WHERE id = $1', [tenantId]);
    return row?.timeZone ?? null;
  }

  /** @param day `YYYY-MM-DD` */
  async addRoutes(tx: Tx, tenantId: string, day: string, routes: readonly RouteUsageV1[], until: string): Promise<void> {
    if (routes.length > 0) await tx.query(addRoutes, [tenantId, day, JSON.stringify(routes), until]);
  }

  /** Who is there already, counts no second time. @param day `YYYY-MM-DD` */
  async addPeople(tx: Tx, tenantId: string, day: string, userIds: readonly string[]): Promise<void> {
    if (userIds.length > 0) await tx.query(addPeople, [tenantId, day, userIds]);
  }

  /** One more. @param day `YYYY-MM-DD` */
  async addCreated(tx: Tx, tenantId: string, day: string, kind: CreatedKind): Promise<void> {
    await tx.query(addCreated, [tenantId, day, kind]);
  }
}
