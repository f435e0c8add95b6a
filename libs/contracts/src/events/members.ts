import { defineEvent, field } from './event-definition.js';

/** Ids and roles, never who that is. */
export interface MemberV1Payload {
  tenantId: string;
  accountId: string;
  /** Of the membership: owner, admin, member or viewer. */
  role: string;
  /** Of the business and engineering domains, those that operators give included. */
  roles: string[];
  /** Of the tenant's own roles. */
  customRoleIds: string[];
}

const list = (description: string, of: Readonly<Record<string, unknown>>) => field.described(description, { type: 'array', items: of });
const member = field.record({
  tenantId: field.uuid,
  accountId: field.uuid,
  role: field.text(20),
  roles: list('Of the business and engineering domains.', field.text(50)),
  customRoleIds: list('Of the tenant’s own roles.', field.uuid),
});
const common = { topic: 'plinth.tenancy', aggregateType: 'member' } as const;

export const MemberAddedV1 = defineEvent<MemberV1Payload>()({ type: 'member.added', version: 1, ...common, description: 'A person joined a tenant.', schema: member });

export const MemberRolesChangedV1 = defineEvent<MemberV1Payload>()({ type: 'member.roles_changed', version: 1, ...common, description: 'A member has these roles from now on.', schema: member });

/** Who is in the tenant no more. */
export interface MemberRemovedV1Payload {
  tenantId: string;
  accountId: string;
}

export const MemberRemovedV1 = defineEvent<MemberRemovedV1Payload>()({
  type: 'member.removed',
  version: 1,
  ...common,
  description: 'A person left a tenant, or was removed.',
  schema: field.record({ tenantId: field.uuid, accountId: field.uuid }),
});

/** Neither the address nor the token. */
export interface InvitationV1Payload {
  invitationId: string;
  tenantId: string;
}

const invitation = field.record({ invitationId: field.uuid, tenantId: field.uuid });
const ofInvitation = { topic: 'plinth.tenancy', aggregateType: 'invitation' } as const;

export const InvitationCreatedV1 = defineEvent<InvitationV1Payload>()({ type: 'invitation.created', version: 1, ...ofInvitation, description: 'A person was invited into a tenant.', schema: invitation });
export const InvitationAcceptedV1 = defineEvent<InvitationV1Payload>()({ type: 'invitation.accepted', version: 1, ...ofInvitation, description: 'An invitation was accepted: it is used up.', schema: invitation });
export const InvitationRevokedV1 = defineEvent<InvitationV1Payload>()({ type: 'invitation.revoked', version: 1, ...ofInvitation, description: 'An invitation was taken back.', schema: invitation });

/** A role of a tenant's own making; its name is text that people write. */
export interface RoleV1Payload {
  roleId: string;
  tenantId: string;
  capabilities: string[];
}

const role = field.record({ roleId: field.uuid, tenantId: field.uuid, capabilities: list('What its holders may do.', field.text(100)) });
const ofRole = { topic: 'plinth.tenancy', aggregateType: 'role' } as const;

export const RoleCreatedV1 = defineEvent<RoleV1Payload>()({ type: 'role.created', version: 1, ...ofRole, description: 'A tenant made a role of its own.', schema: role });
export const RoleChangedV1 = defineEvent<RoleV1Payload>()({ type: 'role.changed', version: 1, ...ofRole, description: 'A tenant changed a role of its own.', schema: role });
export const RoleDeletedV1 = defineEvent<RoleV1Payload>()({ type: 'role.deleted', version: 1, ...ofRole, description: 'A tenant gave up a role of its own, which nobody had.', schema: role });
