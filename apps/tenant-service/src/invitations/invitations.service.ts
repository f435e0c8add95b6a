import { Injectable } from '@nestjs/common';
import { InvitationCreatedV1, InvitationRevokedV1 } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { created, SignedCursor, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { MailQueue } from '../mail/mail-queue.js';
import { hashMailedToken } from '../mailed-tokens/mailed-token.js';
import { MemberChanges } from '../members/member-changes.js';
import type { InviteDto } from './dto/invite.dto.js';
import { invitationView, statusOf, type Invitation, type InvitationView } from './invitation.js';
import { invitationErrors } from './invitations.errors.js';
import { InvitationsRepository } from './invitations.repository.js';

const hourMs = 3_600_000;
const defaultValidHours = 168;
const mostInDay = { ofTenant: 500, toAddress: 5 } as const;

/** Who is asked to join a tenant, and as what. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly invitations: InvitationsRepository,
    private readonly changes: MemberChanges,
    private readonly mails: MailQueue,
    private readonly cursors: SignedCursor,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** Newest first. @throws Problem `cursor_invalid` (400) */
  async list(ctx: RequestContext, tenantId: string, query: PageQuery): Promise<Page<InvitationView>> {
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['invitations', tenantId],
      read: (before: string | null, limit) => this.transactor.read(ctx, (conn) => this.invitations.listInvitations(conn, tenantId, before, limit)),
      positionOf: ({ id }: Invitation) => id,
    });
    const now = systemClock.now();
    return { data: rows.map((invitation) => invitationView(invitation, now)), nextCursor };
  }

  /**
   * Takes the place of an open one for the same address. The answer tells nothing of whether the address has an account, and not the token,
   * which goes to the address alone.
   *
   * @throws Problem `role_not_yours_to_give` (403), `custom_role_unknown` (422), `invitations_too_many` (429)
   */
  async create(ctx: RequestContext, tenantId: string, { email, role, roles = [], customRoleIds = [], validHours = defaultValidHours }: InviteDto) {
    const now = systemClock.now();
    return await this.transactor.run(ctx, async (tx) => {
      await this.changes.lockMemberships(tx, tenantId);
      await this.requireMailAllowance(tx, tenantId, email, now);
      const customRoles = await this.changes.getGivable(tx, ctx.principal, { tenantId, role, roles, customRoleIds });
      for (const id of await this.invitations.revokeOpen(tx, tenantId, email, now)) this.tellRevoked(tx, ctx, tenantId, id);
      const invitation: Invitation = {
        ...{ id: newId(), tenantId, email, role, roles, customRoleIds: customRoles.map(({ id }) => id) },
        ...{ invitedBy: await this.changes.getActingAccount(tx, ctx.principal), createdAt: now, expiresAt: new Date(now.getTime() + validHours * hourMs), acceptedAt: null, revokedAt: null },
      };
      const token = await this.mails.addWithToken(tx, 'invitation', email);
      await this.invitations.insert(tx, invitation, hashMailedToken(token));
      const view = invitationView(invitation, now);
      this.outbox.append(tx, InvitationCreatedV1, eventOf(ctx, tenantId, invitation.id));
      this.audit.record(tx, ctx, { action: 'user.invite', resource: { type: 'invitation', id: invitation.id }, after: { ...view }, personal: ['/after/email'] });
      return created(view, `/v1/tenants/${tenantId}/invitations/${invitation.id}`);
    });
  }

  /** @throws Problem `invitation_not_found` (404), also for one that is over */
  async revoke(ctx: RequestContext, tenantId: string, id: string): Promise<void> {
    await this.transactor.run(ctx, async (tx) => {
      const now = systemClock.now();
      const invitation = await this.invitations.claim(tx, id);
      const status = statusOf(invitation, now);
      if (status === 'accepted' || status === 'revoked') throw invitationErrors.notFound();
      await this.invitations.saveRevoked(tx, id, now);
      this.tellRevoked(tx, ctx, tenantId, id);
      this.audit.record(tx, ctx, {
        action: 'invitation.revoke',
        resource: { type: 'invitation', id },
        before: { ...invitationView(invitation, now) },
        after: { ...invitationView({ ...invitation, revokedAt: now }, now) },
        personal: ['/before/email', '/after/email'],
      });
    });
  }

  /** Each is a mail to an address that the inviter chose. */
  private async requireMailAllowance(tx: Tx, tenantId: string, email: string, now: Date): Promise<void> {
    const since = new Date(now.getTime() - 24 * hourMs);
    const { ofTenant, toAddress } = await this.invitations.countSince(tx, tenantId, email, since);
    if (ofTenant >= mostInDay.ofTenant || toAddress >= mostInDay.toAddress) throw invitationErrors.tooMany();
  }

  private tellRevoked(tx: Tx, ctx: RequestContext, tenantId: string, id: string): void {
    this.outbox.append(tx, InvitationRevokedV1, eventOf(ctx, tenantId, id));
  }
}

function eventOf({ traceparent }: RequestContext, tenantId: string, invitationId: string) {
  return { aggregateId: invitationId, tenantId, traceparent, payload: { invitationId, tenantId } };
}
