import { Injectable } from '@nestjs/common';
import type { TenantRole } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { Principal, RequestContext } from '@plinth/http';
import { ApiKeysRepository } from '../api-keys/api-keys.repository.js';
import { MemberSeats } from '../quotas/member-seats.js';
import type { Traced } from '../quotas/quota-events.js';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import type { CustomRole } from '../roles/role.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { maxTenantsOfUser } from '../tenants/tenant.entity.js';
import { tenantErrors } from '../tenants/tenants.errors.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';
import { memberErrors } from './members.errors.js';
import { MembersRepository } from './members.repository.js';
import { ungivable, untakable, type RolesToGive } from './role-giving.js';

/** What an invitation gives, and who has sent it. */
export interface SentRoles {
  readonly tenantId: string;
  readonly role: TenantRole;
  readonly roles: readonly string[];
  readonly customRoleIds: readonly string[];
  readonly invitedBy: string;
}

/** What every change of a membership, on whatever way, has in common. */
@Injectable()
export class MemberChanges {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly members: MembersRepository,
    private readonly customRoles: RolesRepository,
    private readonly keys: ApiKeysRepository,
    private readonly revocations: RevocationsRepository,
    private readonly seats: MemberSeats,
  ) {}

  /** Changes of one tenant's memberships wait for each other until the commit. @throws Problem `tenant_not_found` (404) */
  async lockMemberships(tx: Tx, tenantId: string): Promise<void> {
    await this.tenants.claimTenant(tx, tenantId);
  }

  /** @throws Problem `role_not_yours_to_give` (403) */
  requireGiving(giver: Principal, wanted: RolesToGive): void {
    refuse(ungivable(giver, wanted));
  }

  /** @throws Problem `role_not_yours_to_give` (403) */
  requireTaking(taker: Principal, roles: RolesToGive): void {
    refuse(untakable(taker, roles));
  }

  /** With the memberships locked. @throws Problem `last_owner` (409) */
  async requireAnotherOwner(tx: Tx, tenantId: string): Promise<void> {
    if ((await this.members.countOwners(tx, tenantId)) <= 1) throw memberErrors.lastOwner();
  }

  /** @throws Problem `tenants_too_many` (409) */
  async requireRoomForTenant(accountId: string): Promise<void> {
    if ((await this.tenants.countOfAccount(accountId)) >= maxTenantsOfUser) throw tenantErrors.tooMany();
  }

  /** The person behind a principal: of a key, who has made it. */
  async getActingAccount(tx: Tx, principal: Principal): Promise<string> {
    return await this.keys.getActingAccount(tx, principal);
  }

  /** The custom roles among what the giver wants to give. @throws Problem `role_not_yours_to_give` (403), `custom_role_unknown` (422) */
  async getGivable(tx: Tx, giver: Principal, { tenantId, role, roles, customRoleIds }: Omit<SentRoles, 'invitedBy'>): Promise<readonly CustomRole[]> {
    const customRoles = await this.customRoles.getRoles(tx, tenantId, customRoleIds);
    this.requireGiving(giver, { role, roles, customRoles });
    return customRoles;
  }

  /** The custom roles among what was sent; null where whoever has sent it may not give all of it any more, or a role is gone. */
  async findGivable(tx: Tx, tenantId: string, { role, roles, customRoleIds, invitedBy }: SentRoles): Promise<readonly CustomRole[] | null> {
    const giver = await this.members.findGiver(tenantId, invitedBy);
    const known = await this.customRoles.listRoles(tx, tenantId);
    const customRoles = known.filter(({ id }) => customRoleIds.includes(id));
    if (giver === null || customRoles.length < customRoleIds.length) return null;
    return ungivable(giver, { role, roles, customRoles }).length === 0 ? customRoles : null;
  }

  /** With the memberships locked. @returns false where the account belongs to the tenant already @throws Problem `quota_exhausted` (429) */
  async addMember(tx: Tx, ctx: RequestContext, { tenantId, role, roles, customRoleIds }: SentRoles, accountId: string, joinedAt: Date): Promise<boolean> {
    if (await this.members.isMember(tx, tenantId, accountId)) return false;
    await this.seats.take(tx, ctx, tenantId);
    return await this.members.insert(tx, { tenantId, accountId, role, roles, customRoleIds, joinedAt });
  }

  /** With the memberships locked. */
  async removeMember(tx: Tx, ctx: Traced, tenantId: string, accountId: string): Promise<void> {
    await this.seats.giveBack(tx, ctx, tenantId);
    await this.members.remove(tx, tenantId, accountId);
  }

  /** Last in the transaction, for it takes the lock of the feed: gateways look at these accounts anew. */
  async tellGateways(tx: Tx, ...accountIds: readonly string[]): Promise<void> {
    await this.revocations.append(tx, 'memberships_changed', ...accountIds);
  }
}

function refuse(names: readonly string[]): void {
  if (names.length > 0) throw memberErrors.notYoursToGive(names.map((name) => ({ pointer: '', detail: `${name} is not the caller’s to give or take` })));
}
