import { TenantUpdatedV1 } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import type pg from 'pg';
import { secondsSince } from '../seconds-since.ts';

const tenants = 20;

/** Events of several tenants, each of an aggregate of its own. */
export const sampleTenants = (): string[] => Array.from({ length: tenants }, () => newId());

export function payloadOf(tenantId: string) {
  return { tenantId, changed: ['name', 'settings', 'contactEmail', 'timeZone'] };
}

/** Appends so many events in statements of 10,000, each of an aggregate of its own. @returns rows a second */
export async function append(client: pg.Client, count: number): Promise<number> {
  const tenantIds = sampleTenants();
  const start = performance.now();
  for (let done = 0; done < count; done += 10_000) await appendRows(client, 10_000, tenantIds);
  return count / secondsSince(start);
}

export async function appendRows(client: pg.Client, count: number, tenantIds: readonly string[]): Promise<void> {
  const rows = Array.from({ length: count }, (_, n) => ({ id: newId(), aggregateId: newId(), tenantId: tenantIds[n % tenantIds.length] ?? '' }));
  await client.query(
    `INSERT INTO tenancy.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, tenant_id, turn_id, aggregate_version, created_at)
     SELECT id, $5, $6, payload::jsonb, aggregate_id, $7, tenant_id, tenant_id, 1, clock_timestamp()
     FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[]) AS e (id, payload, aggregate_id, tenant_id)`,
    [
      ...[rows.map(({ id }) => id), rows.map(({ aggregateId }) => JSON.stringify(payloadOf(aggregateId)))],
      ...[rows.map(({ aggregateId }) => aggregateId), rows.map(({ tenantId }) => tenantId)],
      ...[TenantUpdatedV1.type, TenantUpdatedV1.version, TenantUpdatedV1.aggregateType],
    ],
  );
}
