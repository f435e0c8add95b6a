import { Injectable } from '@nestjs/common';
import { isQuotaMetric, quotaMetricNames, quotaMetrics, type QuotaMetric } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { AuditTrail } from '@plinth/outbox';
import type { ResetQuotasDto, SetQuotaLimitDto } from './dto/quota-limits.dto.js';
import { OpenWindows } from './open-windows.js';
import { QuotaEvents } from './quota-events.js';
import { QuotaRecordsRepository } from './quota-records.repository.js';
import { quotaView, type QuotaView } from './quota-views.js';
import { quotaLedgerErrors } from './quotas.errors.js';

/** What operators decide of a tenant's quotas; it stands in that tenant's own trail, with the reason. */
@Injectable()
export class QuotaLimitsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly windows: OpenWindows,
    private readonly records: QuotaRecordsRepository,
    private readonly events: QuotaEvents,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * A limit of the tenant's own, before its tier's; null gives that one back. It binds what is taken from now on.
   *
   * @throws Problem `quota_metric_unknown`, `tenant_not_found` (404)
   */
  async setLimit(ctx: RequestContext, tenantId: string, metric: string, { limit, reason }: SetQuotaLimitDto): Promise<QuotaView> {
    if (!isQuotaMetric(metric)) throw quotaLedgerErrors.metricUnknown();
    const operatorId = actFor(ctx, tenantId);
    return await this.transactor.run(ctx, async (tx) => {
      const before = await this.windows.claim(tx, ctx, tenantId, metric);
      const limitBefore = before.window.facts.limit;
      await this.records.insertChange(tx, tenantId, { metric, kind: limit === null ? 'limit_removed' : 'limit_set', limit, reason, operatorId, at: before.now });
      // Claimed anew, it has the limit that holds now.
      const { window } = await this.windows.claim(tx, ctx, tenantId, metric);
      this.events.tellLimitChanged(tx, ctx, window, limitBefore);
      await this.windows.save(tx, ctx, window);
      this.audit.record(tx, ctx, { action: 'quota.set_limit', resource: { type: 'quota', id: window.facts.id }, reason, before: { metric, limit: limitBefore }, after: { metric, limit: window.facts.limit } });
      return quotaView(window);
    });
  }

  /**
   * Begins the present period anew: nothing is used in it from now on. What was used stays in the history, and what is
   * granted counts there. Without a metric all that are counted by the month.
   *
   * @throws Problem `quota_not_resettable` (422) for what stands, `tenant_not_found` (404)
   */
  async reset(ctx: RequestContext, tenantId: string, { metric, reason }: ResetQuotasDto): Promise<{ readonly data: readonly QuotaView[] }> {
    const metrics = metric === undefined ? quotaMetricNames.filter(isMonthly) : [metric];
    if (!metrics.every(isMonthly)) throw quotaLedgerErrors.notResettable();
    const operatorId = actFor(ctx, tenantId);
    return await this.transactor.run(ctx, async (tx) => {
      const data: QuotaView[] = [];
      // In the order of the catalogue, so that two resets cannot lock each other out.
      for (const each of metrics) data.push(await this.resetOne(tx, ctx, { tenantId, metric: each, reason, operatorId }));
      return { data };
    });
  }

  private async resetOne(tx: Tx, ctx: RequestContext, { tenantId, metric, reason, operatorId }: { tenantId: string; metric: QuotaMetric; reason: string; operatorId: string }): Promise<QuotaView> {
    const open = await this.windows.claim(tx, ctx, tenantId, metric);
    const next = await this.windows.restart(tx, open);
    const { now, window } = open;
    await this.records.markReported(tx, window.facts.id, now);
    await this.records.insertChange(tx, tenantId, { metric, kind: 'reset', limit: null, reason, operatorId, at: now });
    this.events.tellReset(tx, ctx, window, next.window);
    const [before, after] = [quotaView(window), quotaView(next.window)];
    this.audit.record(tx, ctx, { action: 'quota.reset', resource: { type: 'quota', id: window.facts.id }, reason, before: { ...before }, after: { ...after } });
    return after;
  }
}

function isMonthly(metric: QuotaMetric): boolean {
  return quotaMetrics[metric].counting === 'monthly';
}

/** An operator has no tenant: from here on row-level security and the trail speak of this one. */
function actFor(ctx: RequestContext, tenantId: string): string {
  const { id } = ctx.principal;
  if (id === null) throw new Error('the guard lets operators in alone');
  ctx.actAs({ ...ctx.principal, tenantId });
  return id;
}
