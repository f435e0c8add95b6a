import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AiUsageRecordedV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { ExternalCalls, type CallOutcome } from '@plinth/idempotency';
import { backoffDelayMs, Problem } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { TokenQuota } from '../quotas/token-quota.js';
import type { UsageRecord } from './usage-record.js';
import { UsageRepository } from './usage.repository.js';

const lateTries = 6;
const lateWait = { baseMs: 200, capMs: 5_000 };

/** Keeps the account of calls: a record of what each used. */
@Injectable()
export class UsageService implements OnApplicationShutdown {
  private readonly late = new Set<Promise<void>>();

  constructor(
    private readonly usage: UsageRepository,
    private readonly calls: ExternalCalls,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
    private readonly quota: TokenQuota,
    private readonly logger: Logger,
  ) {}

  /** Records what a call used, with its event, its audit entry and, where it has a key, its outcome: all of it or nothing. */
  async settle(ctx: RequestContext, record: UsageRecord, outcome: CallOutcome): Promise<void> {
    await this.calls.end(ctx, outcome, async (tx) => {
      if (await this.usage.insert(tx, ctx, record)) this.tell(tx, ctx, record);
    });
    this.quota.settle(ctx, record);
  }

  /** As `settle`, for a call whose caller has its answer or is gone: tries for a while where the database is away, and never throws. */
  settleLate(ctx: RequestContext, record: UsageRecord): Promise<void> {
    const settled = this.trySettling(ctx, record).finally(() => this.late.delete(settled));
    this.late.add(settled);
    return settled;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.late);
  }

  private async trySettling(ctx: RequestContext, record: UsageRecord): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.settle(ctx, record, 'retryable');
      } catch (error) {
        if (attempt >= lateTries || !(error instanceof Problem)) {
          // What is not recorded is used all the same.
          this.quota.settle(ctx, record);
          return this.logger.error('usage of a call could not be recorded', { requestId: ctx.requestId, tenantId: ctx.tenantId, error });
        }
        await delay(backoffDelayMs(attempt, lateWait));
      }
    }
  }

  private tell(tx: Tx, ctx: RequestContext, record: UsageRecord): void {
    const { tenantId, principal } = ctx;
    if (tenantId === null || principal.id === null) throw new Error('a call to a model has a tenant and a principal');
    const { id: usageId, provider, providerModel, promptTokens, completionTokens, estimated, ending } = record;
    const counts = { usageId, provider, model: providerModel, promptTokens, completionTokens, estimated, ending };
    this.outbox.append(tx, AiUsageRecordedV1, {
      aggregateId: usageId,
      tenantId,
      traceparent: ctx.traceparent,
      ordered: false, // one event an aggregate
      payload: { ...counts, tenantId, principal: { type: principal.type, id: principal.id } },
    });
    this.audit.record(tx, ctx, {
      action: 'ai.use',
      resource: { type: 'ai_model', id: record.model },
      outcome: ending === 'completed' ? 'success' : 'failure',
      ...(record.errorCode === null ? {} : { reason: record.errorCode }),
      after: counts,
    });
  }
}
