import { Injectable } from '@nestjs/common';
import { UserErasureRequestedV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { AuditTrail, Outbox } from '@plinth/outbox';

/** What a request for an erasure is on the trail. */
export const requestErasure = 'account.request_erasure';

/** Tells that somebody wants to be forgotten. */
@Injectable()
export class ErasureRecord {
  constructor(
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  requested(tx: Tx, ctx: RequestContext, accountId: string, erasureId: string): void {
    const payload = { userId: accountId, erasureId };
    this.outbox.append(tx, UserErasureRequestedV1, { aggregateId: accountId, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload });
    this.audit.record(tx, ctx, { action: requestErasure, resource: { type: 'account', id: accountId }, after: { erasureId } });
  }

  codeWrong(tx: Tx, ctx: RequestContext, accountId: string): void {
    this.audit.record(tx, ctx, { action: requestErasure, resource: { type: 'account', id: accountId }, outcome: 'failure', reason: 'second_factor_wrong' });
  }
}
