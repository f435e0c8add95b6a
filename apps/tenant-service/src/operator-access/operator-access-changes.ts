import { Injectable } from '@nestjs/common';
import { OperatorAccessEndedV1, OperatorAccessGrantedV1, OperatorAccessRefusedV1, OperatorAccessRequestedV1, type OperatorAccessEnd, type OperatorAccessRefusal } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import { asOf, end, isOver, operatorAccessView, refuse, type OperatorAccess } from './operator-access.js';
import { OperatorAccessRepository } from './operator-access.repository.js';

/** What every change of an access has in common: the row, an event, an entry in the tenant's own trail, and what gateways hear of it. */
@Injectable()
export class OperatorAccessChanges {
  constructor(
    private readonly accesses: OperatorAccessRepository,
    private readonly revocations: RevocationsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** A new one, as the tenant's policy has made it: it waits, holds, or was refused. */
  async add(tx: Tx, ctx: RequestContext, asked: OperatorAccess, decided: OperatorAccess): Promise<void> {
    await this.accesses.insert(tx, decided);
    this.outbox.append(tx, OperatorAccessRequestedV1, this.eventOf(ctx, asked, {}));
    this.record(tx, ctx, 'operator_access.request', null, asked);
    if (decided !== asked) this.tell(tx, ctx, asked, decided);
    await this.tellGateways(tx, [decided]);
  }

  /** Call it last: it takes the lock of the revocation feed. */
  async change(tx: Tx, ctx: RequestContext, before: OperatorAccess, after: OperatorAccess): Promise<void> {
    await this.save(tx, ctx, before, after);
    await this.tellGateways(tx, [after]);
  }

  /** Of the transaction's tenant, for all operators: what waits is refused, what holds is ended. Call it last: it takes the lock of the revocation feed. */
  async closeAll(tx: Tx, ctx: RequestContext, tenantId: string): Promise<void> {
    const now = systemClock.now();
    const open = await this.accesses.claimOpen(tx, tenantId, null);
    for (const access of open) await this.save(tx, ctx, access, isOver(access, now) ? asOf(access, now) : closed(access, ctx.principal.id, now));
    await this.tellGateways(tx, open);
  }

  /** What is over by the clock and is still open in its row comes to its end. @returns false where there was none: another was quicker */
  async finishOver(tx: Tx, ctx: RequestContext, tenantId: string, { id, operatorId }: { readonly id?: string; readonly operatorId?: string }): Promise<boolean> {
    const now = systemClock.now();
    const open = await this.accesses.claimOpen(tx, tenantId, operatorId ?? null);
    const over = open.filter((access) => isOver(access, now) && (id === undefined || access.id === id));
    for (const access of over) await this.save(tx, ctx, access, asOf(access, now));
    return over.length > 0;
  }

  private async save(tx: Tx, ctx: RequestContext, before: OperatorAccess, after: OperatorAccess): Promise<void> {
    await this.accesses.save(tx, after);
    this.tell(tx, ctx, before, after);
  }

  private tell(tx: Tx, ctx: RequestContext, before: OperatorAccess, after: OperatorAccess): void {
    const { status, cause, expiresAt } = after;
    if (status === 'granted') this.outbox.append(tx, OperatorAccessGrantedV1, this.eventOf(ctx, after, { expiresAt: expiresAt?.toISOString() ?? '' }));
    if (status === 'refused') this.outbox.append(tx, OperatorAccessRefusedV1, this.eventOf(ctx, after, { cause: cause as OperatorAccessRefusal }));
    if (status === 'ended') this.outbox.append(tx, OperatorAccessEndedV1, this.eventOf(ctx, after, { cause: cause as OperatorAccessEnd }));
    this.record(tx, ctx, actions[status], before, after);
  }

  private record(tx: Tx, ctx: RequestContext, action: string, before: OperatorAccess | null, after: OperatorAccess): void {
    this.audit.record(tx, ctx, {
      action,
      resource: { type: 'operator_access', id: after.id },
      reason: after.reason,
      before: before === null ? null : { ...operatorAccessView(before) },
      after: { ...operatorAccessView(after) },
    });
  }

  private eventOf<More extends object>({ traceparent }: RequestContext, { id, tenantId, operatorId, capabilities }: OperatorAccess, more: More) {
    return { aggregateId: id, tenantId, traceparent, payload: { grantId: id, tenantId, operatorId, capabilities: [...capabilities], ...more } };
  }

  /** They look at the operators anew. Of what only waits, or was over by the clock, there is nothing to hear. */
  private async tellGateways(tx: Tx, accesses: readonly OperatorAccess[]): Promise<void> {
    const operators = accesses.filter(({ expiresAt }) => expiresAt !== null).map(({ operatorId }) => operatorId);
    await this.revocations.append(tx, 'memberships_changed', ...new Set(operators));
  }
}

const actions = { requested: 'operator_access.request', granted: 'operator_access.grant', refused: 'operator_access.refuse', ended: 'operator_access.end' } as const;

function closed(access: OperatorAccess, by: string | null, now: Date): OperatorAccess {
  return access.status === 'requested' ? refuse(access, 'policy', by, now) : end(access, 'policy', by, now);
}
