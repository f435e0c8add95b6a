import { Injectable } from '@nestjs/common';
import { UserErasedV1, UserErasureRequestedV1, type UserErasedV1Payload } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { AuditTrail, Outbox, type AuditOrigin } from '@plinth/outbox';

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

  /** An erasure that this service had forgotten is under way again. */
  again(tx: Tx, origin: AuditOrigin, accountId: string, erasureId: string): void {
    this.audit.record(tx, origin, { action: 'account.erase_again', resource: { type: 'account', id: accountId }, after: { erasureId } });
  }

  /** To whoever had forgotten it. */
  toldAgain(tx: Tx, origin: AuditOrigin, payload: UserErasedV1Payload): void {
    this.outbox.append(tx, UserErasedV1, { aggregateId: payload.userId, tenantId: null, traceparent: origin.traceparent, payload });
    this.audit.record(tx, origin, { action: 'account.tell_erasure_again', resource: { type: 'account', id: payload.userId }, after: { erasureId: payload.erasureId } });
  }
}
