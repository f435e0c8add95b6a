import { Injectable } from '@nestjs/common';
import { InvitationAcceptedV1, MemberAddedV1 } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { hashMailedToken } from '../mailed-tokens/mailed-token.js';
import { MemberChanges } from '../members/member-changes.js';
import { memberErrors } from '../members/members.errors.js';
import { statusOf, type Invitation } from './invitation.js';
import { invitationErrors } from './invitations.errors.js';
import { InvitationsRepository } from './invitations.repository.js';

/** How somebody who was invited joins. */
@Injectable()
export class AcceptanceService {
  constructor(
    private readonly transactor: Transactor,
    private readonly invitations: InvitationsRepository,
    private readonly accounts: AccountsRepository,
    private readonly changes: MemberChanges,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * By a person who has signed in with the invited address. An invitation is good for as much as whoever sent it may give by now.
   *
   * @throws Problem `person_required`, `invitation_other_address` (403), `invitation_invalid` (404), `already_member`, `tenants_too_many` (409),
   *   `quota_exhausted` (429) where the tenant has as many members as it may; the invitation stays open
   */
  async accept(ctx: RequestContext, token: string) {
    const { principal } = ctx;
    const { type, id: accountId } = principal;
    if (type !== 'user' || accountId === null) throw memberErrors.personOnly();
    const found = await this.invitations.findByToken(hashMailedToken(token));
    if (found === null) throw invitationErrors.invalid();
    await this.changes.requireRoomForTenant(accountId);
    const { id, tenantId } = found;
    // Into the tenant that the token is of: its rows and its trail, and no role there yet.
    ctx.actAs({ type, id: accountId, tenantId, roles: [], ...(principal.sessionId === undefined ? {} : { sessionId: principal.sessionId }) });
    return await this.transactor.run(ctx, async (tx) => {
      const now = systemClock.now();
      await this.changes.lockMemberships(tx, tenantId);
      const invitation = await this.invitations.claim(tx, id);
      if (statusOf(invitation, now) !== 'open') throw invitationErrors.invalid();
      if ((await this.accounts.getEmail(tx, accountId)) !== invitation.email) throw invitationErrors.otherAddress();
      const customRoles = await this.changes.findGivable(tx, tenantId, invitation);
      if (customRoles === null) throw invitationErrors.invalid();
      if (!(await this.changes.addMember(tx, ctx, invitation, accountId, now))) throw invitationErrors.alreadyMember();
      await this.invitations.saveAccepted(tx, id, accountId, now);
      return await this.tell(tx, ctx, invitation, accountId);
    });
  }

  private async tell(tx: Tx, ctx: RequestContext, { id, tenantId, role, roles, customRoleIds }: Invitation, accountId: string) {
    const { traceparent } = ctx;
    const given = { role, roles: [...roles], customRoleIds: [...customRoleIds] };
    this.outbox.append(tx, InvitationAcceptedV1, { aggregateId: id, tenantId, traceparent, payload: { invitationId: id, tenantId } });
    this.outbox.append(tx, MemberAddedV1, { aggregateId: accountId, tenantId, traceparent, payload: { tenantId, accountId, ...given } });
    this.audit.record(tx, ctx, { action: 'invitation.accept', resource: { type: 'account', id: accountId }, after: given });
    await this.changes.tellGateways(tx, accountId);
    return { tenantId, ...given };
  }
}
