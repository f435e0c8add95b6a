import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AiUsageRecordedV1 } from '@plinth/contracts';
import { Transactor, type Scope, type Tx } from '@plinth/database';
import type { EncodedAnswer, RequestContext } from '@plinth/http';
import { backoffDelayMs, Problem } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { completionErrors } from '../completions/completions.errors.js';
import { CallClaimsRepository } from './call-claims.repository.js';
import type { UsageRecord } from './usage-record.js';
import { UsageRepository } from './usage.repository.js';

const lateTries = 6;
const lateWait = { baseMs: 200, capMs: 5_000 };

/** Keeps the account of calls: a claim before a keyed one, a record of what it used after each. */
@Injectable()
export class UsageService implements OnApplicationShutdown {
  private readonly late = new Set<Promise<void>>();

  constructor(
    private readonly transactor: Transactor,
    private readonly usage: UsageRepository,
    private readonly claims: CallClaimsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
    private readonly logger: Logger,
  ) {}

  /**
   * Before the provider is called: where the request has a key, claims it for this call.
   *
   * @throws the signal that a kept answer is to be given again; Problem 409 for a call that runs or was lost, 422 for a key of another request
   */
  async claim(ctx: RequestContext): Promise<void> {
    if (ctx.opening === undefined) return;
    const { tenantId, principalId, opening } = ctx;
    await this.transactor.run({ tenantId, principalId, opening }, async (tx) => {
      const earlier = await this.claims.find(tx);
      if (earlier === 'running') throw completionErrors.inProgress();
      if (earlier === 'lost') throw completionErrors.outcomeUnknown();
      await this.claims.insert(tx, tenantId);
    });
  }

  /**
   * Records what a call used, with its event, its audit entry and, where it has a key, its answer: all of it or nothing.
   *
   * @param answer to be kept; `unknown` for one that cannot be, `none` for a call that may be made again
   */
  async settle(ctx: RequestContext, record: UsageRecord, answer: EncodedAnswer | 'unknown' | 'none'): Promise<void> {
    await this.transactor.run(this.scopeOf(ctx), async (tx) => {
      if (ctx.claim !== undefined) await this.endClaim(tx, ctx, answer);
      if (await this.usage.insert(tx, ctx, record)) this.tell(tx, ctx, record);
    });
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
        return await this.settle(ctx, record, 'none');
      } catch (error) {
        if (attempt >= lateTries || !(error instanceof Problem)) {
          return this.logger.error('usage of a call could not be recorded', { requestId: ctx.requestId, tenantId: ctx.tenantId, error });
        }
        await delay(backoffDelayMs(attempt, lateWait));
      }
    }
  }

  /** A transaction of its own, which knows the key and does not ask for its lock: that was done by `claim`. */
  private scopeOf({ tenantId, principalId, opening }: RequestContext): Scope {
    if (opening === undefined) return { tenantId, principalId };
    return { tenantId, principalId, opening: { settings: opening.settings, sql: '', opened: () => undefined } };
  }

  private async endClaim(tx: Tx, ctx: RequestContext, answer: EncodedAnswer | 'unknown' | 'none'): Promise<void> {
    await this.claims.lock(tx);
    if (answer === 'unknown') return await this.claims.endLease(tx);
    await this.claims.delete(tx);
    if (answer !== 'none') await ctx.claim?.keep(tx, answer);
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
