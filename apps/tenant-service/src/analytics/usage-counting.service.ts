import { Injectable } from '@nestjs/common';
import { createdKindsByEvent, type ApiUsageRecordedV1Payload } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { dayAt } from '../quotas/billing-period.js';
import { UsageCountsRepository } from './usage-counts.repository.js';

/**
 * Sums up what tenants do, in the transaction of the event that tells of it: each event counts once, however often it is delivered. A day is the
 * tenant's, by the time zone that it has when the event is handled; days that are counted stay as they are.
 *
 * @ruleExempt audit: it repeats in numbers what was recorded when it happened
 */
@Injectable()
export class UsageCountingService {
  constructor(private readonly counts: UsageCountsRepository) {}

  /** All lie in one quarter of an hour, and so in one day of any zone. */
  async countCalls(tx: Tx, { tenantId, from, until, routes, userIds }: ApiUsageRecordedV1Payload): Promise<void> {
    const day = await this.dayOf(tx, tenantId, new Date(from));
    if (day === null) return;
    await this.counts.addRoutes(tx, tenantId, day, routes, until);
    await this.counts.addPeople(tx, tenantId, day, userIds);
  }

  /** @param tenantId null for what is no tenant's, which does not count */
  async countCreated(tx: Tx, tenantId: string | null, type: keyof typeof createdKindsByEvent, time: Date): Promise<void> {
    const day = tenantId === null ? null : await this.dayOf(tx, tenantId, time);
    if (tenantId !== null && day !== null) await this.counts.addCreated(tx, tenantId, day, createdKindsByEvent[type]);
  }

  /** Null where there is no such tenant: anyone may write to a topic. */
  private async dayOf(tx: Tx, tenantId: string, time: Date): Promise<string | null> {
    const timeZone = await this.counts.findTimeZone(tx, tenantId);
    return timeZone === null ? null : dayAt(time, timeZone);
  }
}
