import { Injectable } from '@nestjs/common';
import { retentionClassNames, RetentionPolicyChangedV1, type RetentionClassName } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { classOf, retentionPolicyView, type RetentionPolicyView, type RetentionPreviewView } from './retention-views.js';
import { retentionErrors } from './retention.errors.js';
import { RetentionRepository } from './retention.repository.js';

/** What tenants decide of how long something is kept, and what the next run would do. */
@Injectable()
export class RetentionPoliciesService {
  constructor(
    private readonly transactor: Transactor,
    private readonly retention: RetentionRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  async list(ctx: RequestContext, tenantId: string): Promise<{ data: readonly RetentionPolicyView[] }> {
    const own = await this.transactor.read(ctx, (conn) => this.retention.readPolicies(conn, tenantId));
    return { data: retentionClassNames.map((name) => retentionPolicyView(name, own.get(name) ?? null)) };
  }

  /**
   * Counts from the next run on, for what has ended already too. What it is set to already changes nothing.
   *
   * @param days null for the platform's default
   * @throws Problem `retention_class_unknown` (404), `retention_days_out_of_bounds` (422)
   */
  async set(ctx: RequestContext, tenantId: string, name: string, days: number | null): Promise<RetentionPolicyView> {
    const dataClass = retentionClassNames.find((known) => known === name && classOf(known).decidedBy === 'tenant');
    if (dataClass === undefined) throw retentionErrors.classUnknown();
    const { minDays, maxDays, defaultDays } = classOf(dataClass);
    if (days !== null && (days < minDays || days > maxDays)) throw retentionErrors.outOfBounds();
    const { id: by } = ctx.principal;
    if (by === null) throw new Error('the guard lets nobody in without an id');
    return await this.transactor.run(ctx, async (tx) => {
      await this.retention.lockPolicies(tx, tenantId);
      const before = (await this.retention.readPolicies(tx, tenantId)).get(dataClass) ?? null;
      if (before !== days) {
        await this.retention.savePolicy(tx, tenantId, dataClass, days, { at: systemClock.now(), by });
        this.outbox.append(tx, RetentionPolicyChangedV1, { aggregateId: tenantId, tenantId, traceparent: ctx.traceparent, payload: { tenantId, dataClass, days: days ?? defaultDays } });
        this.audit.record(tx, ctx, { action: 'retention.set', resource: { type: 'retention_policy', id: tenantId }, before: { dataClass, days: before }, after: { dataClass, days } });
      }
      return retentionPolicyView(dataClass, days);
    });
  }

  /** Of the tenant: what would go, what is held, and by what. What is of persons over all tenants is the platform's to show. */
  async preview(ctx: RequestContext, tenantId: string): Promise<{ data: readonly RetentionPreviewView[] }> {
    const own = await this.transactor.read(ctx, (conn) => this.retention.readPolicies(conn, tenantId));
    const data: RetentionPreviewView[] = [];
    for (const name of retentionClassNames.filter((each) => classOf(each).decidedBy === 'tenant')) {
      const past = await this.transactor.read(ctx, (conn) => this.retention.preview(conn, name));
      data.push(viewOf(name, own.get(name) ?? null, past));
    }
    return { data };
  }

  /** A system query, over all tenants. The days are the defaults; each tenant's own count where it has chosen some. */
  async previewAll(): Promise<{ data: readonly RetentionPreviewView[] }> {
    const data: RetentionPreviewView[] = [];
    for (const name of retentionClassNames) data.push(viewOf(name, null, await this.transactor.readSystem('retention_preview', (conn) => this.retention.preview(conn, name))));
    return { data };
  }
}

function viewOf(dataClass: RetentionClassName, chosen: number | null, past: Pick<RetentionPreviewView, 'due' | 'held' | 'holds'>): RetentionPreviewView {
  const { what, days } = retentionPolicyView(dataClass, chosen);
  return { dataClass, what, days, ...past };
}
