import { Injectable } from '@nestjs/common';
import { MemberRemovedV1, UserErasedV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { traceOf } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { MemberChanges } from '../members/member-changes.js';
import { memberRecord } from '../members/member.js';
import { MembersRepository } from '../members/members.repository.js';
import { ErasureConditions } from './erasure-conditions.js';
import { ErasuresRepository, type ClaimedErasure } from './erasures.repository.js';

/** What an erasure does, a transaction a step: each tenant sees its own part alone. A step that was done before is none. */
@Injectable()
export class ErasureSteps {
  constructor(
    private readonly transactor: Transactor,
    private readonly erasures: ErasuresRepository,
    private readonly conditions: ErasureConditions,
    private readonly members: MembersRepository,
    private readonly changes: MemberChanges,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Also where the tenant is left without an owner: it was given up, or its other owners left while the erasure was under way.
   *
   * @throws Problem `legal_hold` (409)
   */
  async leave(tenantId: string, { id, accountId }: ClaimedErasure): Promise<void> {
    await this.transactor.run({ tenantId, principalId: accountId }, async (tx) => {
      await this.changes.lockMemberships(tx, tenantId);
      if (!(await this.members.isMember(tx, tenantId, accountId))) return;
      await this.conditions.requireNotHeld(tx, accountId);
      const origin = originOf(accountId, tenantId);
      const member = await this.members.readMember(tx, tenantId, accountId);
      await this.changes.removeMember(tx, origin, tenantId, accountId);
      this.outbox.append(tx, MemberRemovedV1, { aggregateId: accountId, tenantId, traceparent: origin.traceparent, payload: { tenantId, accountId } });
      this.audit.record(tx, origin, { action: 'member.erase', resource: { type: 'account', id: accountId }, before: memberRecord(member), after: { erasureId: id } });
      await this.changes.tellGateways(tx, accountId);
    });
  }

  /** Last: everybody who keeps something of the person is told by the same transaction. @throws Problem `legal_hold` (409) */
  async eraseAccount({ id, accountId }: ClaimedErasure): Promise<void> {
    await this.transactor.run({ tenantId: null, principalId: accountId }, async (tx) => {
      await this.conditions.requireNotHeld(tx, accountId);
      const invitations = await this.erasures.eraseAccount(tx, id, systemClock.now());
      const subjects = [accountId, ...invitations];
      await this.erasures.noteSubjects(tx, id, subjects);
      const origin = originOf(accountId, null);
      const payload = { userId: accountId, erasureId: id, subjects };
      this.outbox.append(tx, UserErasedV1, { aggregateId: accountId, tenantId: null, traceparent: origin.traceparent, payload });
      this.audit.record(tx, origin, { action: 'account.erase', resource: { type: 'account', id: accountId }, after: { erasureId: id } });
    });
  }
}

/** The person asked for it, and is not there while it is done. */
function originOf(accountId: string, tenantId: string | null) {
  return { tenantId, principal: { type: 'user', id: accountId }, requestId: newId(), ...traceOf(undefined), clientIp: null, userAgent: null };
}
