import { Injectable } from '@nestjs/common';
import { isGrantedByOperatorsOnly, isTenantCapability, RoleChangedV1, RoleCreatedV1, RoleDeletedV1, domainRoles, tenantRoles } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { Answer, created, etagOf, requireMatch, type Principal, type RequestContext } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { MemberChanges } from '../members/member-changes.js';
import { holdsAll } from '../members/role-giving.js';
import type { ChangeRoleDto, CreateRoleDto } from './dto/role.dto.js';
import { customRoleView, type CustomRole, type CustomRoleView } from './role.js';
import { roleErrors } from './roles.errors.js';
import { RolesRepository } from './roles.repository.js';

const maxRoles = 50;

/** Roles of a tenant's own making, out of what their makers may do themselves. */
@Injectable()
export class RolesService {
  constructor(
    private readonly transactor: Transactor,
    private readonly roles: RolesRepository,
    private readonly changes: MemberChanges,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  async list(ctx: RequestContext, tenantId: string): Promise<{ readonly data: readonly CustomRoleView[] }> {
    const roles = await this.transactor.read(ctx, (conn) => this.roles.listRoles(conn, tenantId));
    return { data: roles.map(customRoleView) };
  }

  /** @throws Problem `role_not_found` (404) */
  async get(ctx: RequestContext, tenantId: string, id: string) {
    return answer(await this.transactor.read(ctx, (conn) => this.roles.getRole(conn, tenantId, id)));
  }

  /** @throws Problem `role_capabilities_invalid` (403), `role_name_reserved` (422), `role_name_taken`, `roles_too_many` (409) */
  async create(ctx: RequestContext, tenantId: string, { name, capabilities }: CreateRoleDto) {
    requireName(name);
    requireHeld(ctx.principal, capabilities);
    const now = systemClock.now();
    const role: CustomRole = { id: newId(), name, capabilities: [...capabilities].sort(), version: 1, createdAt: now, updatedAt: now };
    return await this.transactor.run(ctx, async (tx) => {
      await this.changes.lockMemberships(tx, tenantId);
      if ((await this.roles.listRoles(tx, tenantId)).length >= maxRoles) throw roleErrors.tooMany();
      await this.roles.insert(tx, tenantId, role);
      this.outbox.append(tx, RoleCreatedV1, eventOf(ctx, tenantId, role));
      this.audit.record(tx, ctx, { action: 'role.create', resource: { type: 'role', id: role.id }, after: recordOf(role) });
      return created(customRoleView(role), `/v1/tenants/${tenantId}/roles/${role.id}`, { etag: etagOf(role.version) });
    });
  }

  /**
   * Takes effect for whoever has the role within a second.
   *
   * @throws Problem `role_not_found` (404), `role_capabilities_invalid` (403), `role_name_reserved` (422), `role_name_taken` (409), `precondition_failed` (412)
   */
  async change(ctx: RequestContext, tenantId: string, id: string, { name, capabilities }: ChangeRoleDto) {
    if (name !== undefined) requireName(name);
    return await this.transactor.run(ctx, async (tx) => {
      const before = await this.roles.claimRole(tx, tenantId, id);
      requireMatch(ctx.ifMatch, before.version);
      const after: CustomRole = {
        ...before,
        name: name ?? before.name,
        capabilities: capabilities === undefined ? before.capabilities : [...capabilities].sort(),
        version: before.version + 1,
        updatedAt: systemClock.now(),
      };
      // What it had counts too: nobody decides over a role that reaches further than they do.
      requireHeld(ctx.principal, [...new Set([...before.capabilities, ...after.capabilities])]);
      await this.roles.save(tx, tenantId, after);
      this.outbox.append(tx, RoleChangedV1, eventOf(ctx, tenantId, after));
      this.audit.record(tx, ctx, { action: 'role.change', resource: { type: 'role', id }, before: recordOf(before), after: recordOf(after) });
      await this.changes.tellGateways(tx, ...(await this.roles.listHolders(tx, tenantId, id)));
      return answer(after);
    });
  }

  /** @throws Problem `role_not_found` (404), `role_in_use` (409), `role_capabilities_invalid` (403), `precondition_failed` (412) */
  async remove(ctx: RequestContext, tenantId: string, id: string): Promise<void> {
    await this.transactor.run(ctx, async (tx) => {
      const role = await this.roles.claimRole(tx, tenantId, id);
      requireMatch(ctx.ifMatch, role.version);
      requireHeld(ctx.principal, role.capabilities);
      if ((await this.roles.listHolders(tx, tenantId, id)).length > 0) throw roleErrors.inUse();
      await this.roles.remove(tx, tenantId, id);
      this.outbox.append(tx, RoleDeletedV1, eventOf(ctx, tenantId, role));
      this.audit.record(tx, ctx, { action: 'role.delete', resource: { type: 'role', id }, before: recordOf(role) });
    });
  }
}

/** A name decides nothing; it must not look as if it did. */
function requireName(name: string): void {
  const taken = [...tenantRoles, ...domainRoles].some((role) => role.toLowerCase() === name.trim().toLowerCase());
  if (taken || isGrantedByOperatorsOnly(name.trim().toUpperCase())) throw roleErrors.nameReserved();
}

function requireHeld(maker: Principal, capabilities: readonly string[]): void {
  const errors = capabilities.flatMap((capability, index) =>
    holdsAll(maker, [capability]) ? [] : [{ pointer: `/capabilities/${index}`, detail: isTenantCapability(capability) ? 'is not one that the caller has' : 'is not a capability of a tenant' }],
  );
  if (errors.length > 0) throw roleErrors.capabilitiesInvalid(errors);
}

function answer(role: CustomRole) {
  return new Answer(customRoleView(role), { etag: etagOf(role.version) });
}

const recordOf = ({ name, capabilities }: CustomRole) => ({ name, capabilities });

function eventOf({ traceparent }: RequestContext, tenantId: string, { id, capabilities }: CustomRole) {
  return { aggregateId: id, tenantId, traceparent, payload: { roleId: id, tenantId, capabilities: [...capabilities] } };
}
