import type { ApiUsageRecordedV1Payload } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import type { TenantCounts } from './usage-counts.js';

/** An event that waits for its transaction, under the id that it keeps however often it is tried. */
export interface UsageEvent {
  readonly id: string;
  readonly payload: ApiUsageRecordedV1Payload;
}

/** Some 600 bytes each at the most. */
const mostRoutes = 500;
/** Of 39 bytes each: with the routes well below what an event may have. */
const mostPeople = 10_000;

/**
 * What was counted of a tenant, in as many events as it takes.
 *
 * @param until everything that was answered before is counted
 */
export function usageEvents({ tenantId, fromMs, routes, userIds }: TenantCounts, until: Date): readonly UsageEvent[] {
  const [rows, people] = [[...routes.values()], [...userIds]];
  const events = Math.max(Math.ceil(rows.length / mostRoutes), Math.ceil(people.length / mostPeople));
  return Array.from({ length: events }, (_, at) => ({
    id: newId(),
    payload: {
      tenantId,
      from: new Date(fromMs).toISOString(),
      until: until.toISOString(),
      routes: rows.slice(at * mostRoutes, (at + 1) * mostRoutes),
      userIds: people.slice(at * mostPeople, (at + 1) * mostPeople),
    },
  }));
}
