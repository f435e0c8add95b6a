import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { MemberRemovedV1, MemberRolesChangedV1, type TenantRole } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { Answer, etagOf, requireMatch, SignedCursor, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { RolesRepository } from '../roles/roles.repository.js';
import type { ChangeMemberDto } from './dto/change-member.dto.js';
import type { InternalRolesDto } from './dto/internal-roles.dto.js';
import { MemberChanges } from './member-changes.js';
import { memberRecord, memberView, type Member, type MemberView, type MemberWithEmail } from './member.js';
import { memberErrors } from './members.errors.js';
import { MembersRepository, type MemberPosition } from './members.repository.js';
import type { RolesToGive } from './role-giving.js';

/** Who belongs to a tenant, and what they may do there. */
@Injectable()
export class MembersService {
  constructor(
    private readonly transactor: Transactor,
    private readonly members: MembersRepository,
    private readonly customRoles: RolesRepository,
    private readonly changes: MemberChanges,
    private readonly cursors: SignedCursor,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** In the order of joining. @throws Problem `cursor_invalid` (400) */
  async list(tenantId: string, query: PageQuery): Promise<Page<MemberView>> {
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['members', tenantId],
      read: (after: MemberPosition | null, limit) => this.members.listMembers(tenantId, after, limit),
      positionOf: ({ joinedAt, accountId }: MemberWithEmail): MemberPosition => [joinedAt.toISOString(), accountId],
    });
    return { data: rows.map((member) => memberView(member, member.email)), nextCursor };
  }

  /** @throws Problem `member_not_found` (404) */
  async get(tenantId: string, accountId: string) {
    const member = await this.members.getMember(tenantId, accountId);
    return new Answer(memberView(member, member.email), { etag: etagOf(member.version) });
  }

  /**
   * @throws Problem `member_not_found` (404), `role_not_yours_to_give` (403), `custom_role_unknown` (422), `last_owner` (409),
   *   `precondition_failed` (412)
   */
  async change(ctx: RequestContext, tenantId: string, accountId: string, wanted: ChangeMemberDto) {
    return await this.edit(ctx, tenantId, accountId, async (tx, before) => {
      const customRoles = wanted.customRoleIds === undefined ? before.customRoles : await this.customRoles.getRoles(tx, tenantId, wanted.customRoleIds);
      const after: Member = { ...before, role: wanted.role ?? before.role, roles: wanted.roles ?? before.roles, customRoles };
      this.changes.requireTaking(ctx.principal, rolesThatDiffer(before, after));
      this.changes.requireGiving(ctx.principal, rolesThatDiffer(after, before));
      if (before.role === 'owner' && after.role !== 'owner') await this.changes.requireAnotherOwner(tx, tenantId);
      return { action: 'member.set_roles', after };
    });
  }

  /** By an operator. @throws Problem `member_not_found` (404), `precondition_failed` (412) */
  async setInternalRoles(ctx: RequestContext, tenantId: string, accountId: string, { roles, reason }: InternalRolesDto) {
    // The operator has no tenant: from here on row-level security and the trail speak of this one.
    ctx.actAs({ ...ctx.principal, tenantId });
    return await this.edit(ctx, tenantId, accountId, async (tx, before) => {
      const after: Member = { ...before, internalRoles: [...roles].sort() };
      await this.members.setInternalRoles(tx, accountId, roles);
      return { action: 'member.set_internal_roles', after, ...(reason === undefined ? {} : { reason }) };
    });
  }

  /** @throws Problem `member_not_found` (404), `role_not_yours_to_give` (403), `last_owner` (409), `precondition_failed` (412) */
  async remove(ctx: RequestContext, tenantId: string, accountId: string): Promise<void> {
    await this.transactor.run(ctx, async (tx) => {
      await this.changes.lockMemberships(tx, tenantId);
      const member = await this.members.readMember(tx, tenantId, accountId);
      requireMatch(ctx.ifMatch, member.version);
      this.changes.requireTaking(ctx.principal, { role: member.role, roles: [], customRoles: [] });
      await this.end(tx, ctx, tenantId, member, 'user.remove');
    });
  }

  /** The caller's own membership. @throws Problem `person_required` (403), `last_owner` (409) */
  async leave(ctx: RequestContext, tenantId: string): Promise<void> {
    const { type, id } = ctx.principal;
    if (type !== 'user' || id === null) throw memberErrors.personOnly();
    await this.transactor.run(ctx, async (tx) => {
      await this.changes.lockMemberships(tx, tenantId);
      await this.end(tx, ctx, tenantId, await this.members.readMember(tx, tenantId, id), 'member.leave');
    });
  }

  /** The owner who calls becomes an admin, and the member an owner. @throws Problem `person_required` (403), `member_not_found` (404) */
  async transferOwnership(ctx: RequestContext, tenantId: string, to: string): Promise<void> {
    const { type, id: from } = ctx.principal;
    if (type !== 'user' || from === null) throw memberErrors.personOnly();
    await this.transactor.run(ctx, async (tx) => {
      await this.changes.lockMemberships(tx, tenantId);
      const [owner, heir] = [await this.members.readMember(tx, tenantId, from), await this.members.readMember(tx, tenantId, to)];
      // The token may be older than the end of the ownership.
      if (owner.role !== 'owner') throw memberErrors.notYoursToGive([]);
      if (from === to) return;
      for (const [member, role] of [[owner, 'admin'], [heir, 'owner']] as const) {
        const after = { ...member, role: role as TenantRole, version: member.version + 1 };
        await this.members.save(tx, tenantId, after);
        this.tellChanged(tx, ctx, tenantId, after);
      }
      this.audit.record(tx, ctx, { action: 'tenant.transfer', resource: { type: 'tenant', id: tenantId }, before: { ownerId: from }, after: { ownerId: to } });
      await this.changes.tellGateways(tx, from, to);
    });
  }

  /** @param work what becomes of the member; it keeps nothing that `MembersRepository.save` does */
  private async edit(ctx: RequestContext, tenantId: string, accountId: string, work: (tx: Tx, before: Member) => Promise<{ readonly action: string; readonly after: Member; readonly reason?: string }>) {
    const { email } = await this.members.getMember(tenantId, accountId);
    return await this.transactor.run(ctx, async (tx) => {
      await this.changes.lockMemberships(tx, tenantId);
      const before = await this.members.readMember(tx, tenantId, accountId);
      requireMatch(ctx.ifMatch, before.version);
      const { after, ...record } = await work(tx, before);
      // What was so already is no change: no version, no event, no entry.
      if (isDeepStrictEqual(memberRecord(after), memberRecord(before))) return new Answer(memberView(before, email), { etag: etagOf(before.version) });
      await this.members.save(tx, tenantId, { ...after, version: before.version + 1 });
      this.tellChanged(tx, ctx, tenantId, after);
      this.audit.record(tx, ctx, { ...record, resource: { type: 'account', id: accountId }, before: memberRecord(before), after: memberRecord(after) });
      await this.changes.tellGateways(tx, accountId);
      return new Answer(memberView(after, email), { etag: etagOf(before.version + 1) });
    });
  }

  private async end(tx: Tx, ctx: RequestContext, tenantId: string, member: Member, action: string): Promise<void> {
    const { accountId } = member;
    if (member.role === 'owner') await this.changes.requireAnotherOwner(tx, tenantId);
    await this.changes.removeMember(tx, ctx, tenantId, accountId);
    this.outbox.append(tx, MemberRemovedV1, { aggregateId: accountId, tenantId, traceparent: ctx.traceparent, payload: { tenantId, accountId } });
    this.audit.record(tx, ctx, { action, resource: { type: 'account', id: accountId }, before: memberRecord(member) });
    await this.changes.tellGateways(tx, accountId);
  }

  private tellChanged(tx: Tx, { traceparent }: RequestContext, tenantId: string, { accountId, role, roles, internalRoles, customRoles }: Member): void {
    const payload = { tenantId, accountId, role, roles: [...roles, ...internalRoles], customRoleIds: customRoles.map(({ id }) => id) };
    this.outbox.append(tx, MemberRolesChangedV1, { aggregateId: accountId, tenantId, traceparent, payload });
  }
}

/** Of what the one has, what the other has not. */
function rolesThatDiffer(one: Member, other: Member): RolesToGive {
  return {
    role: one.role === other.role ? undefined : one.role,
    roles: one.roles.filter((role) => !other.roles.includes(role)),
    customRoles: one.customRoles.filter(({ id }) => !other.customRoles.some((custom) => custom.id === id)),
  };
}
