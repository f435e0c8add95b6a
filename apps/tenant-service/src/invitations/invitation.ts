import { tenantRoles, type TenantRole } from '@plinth/contracts';
import { shape, type Described } from '@plinth/http';

export interface Invitation {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly role: TenantRole;
  readonly roles: readonly string[];
  readonly customRoleIds: readonly string[];
  readonly invitedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly acceptedAt: Date | null;
  readonly revokedAt: Date | null;
}

export const invitationShape = shape.named(
  'Invitation',
  shape.record({
    id: shape.uuid(),
    email: shape.text(),
    role: shape.oneOf(tenantRoles),
    roles: shape.list(shape.text(), 'Of the business and engineering domains.'),
    customRoleIds: shape.list(shape.uuid(), 'Of the tenant’s own making.'),
    status: shape.oneOf(['open', 'accepted', 'revoked', 'expired']),
    invitedBy: shape.uuid('The account that invited.'),
    createdAt: shape.dateTime(),
    expiresAt: shape.dateTime(),
    acceptedAt: shape.nullable(shape.dateTime()),
  }),
);
export type InvitationView = Described<typeof invitationShape>;

export function statusOf({ acceptedAt, revokedAt, expiresAt }: Invitation, now: Date): InvitationView['status'] {
  if (acceptedAt !== null) return 'accepted';
  if (revokedAt !== null) return 'revoked';
  return expiresAt <= now ? 'expired' : 'open';
}

export function invitationView(invitation: Invitation, now: Date): InvitationView {
  const { id, email, role, roles, customRoleIds, invitedBy, createdAt, expiresAt, acceptedAt } = invitation;
  return {
    ...{ id, email, role, roles, customRoleIds, status: statusOf(invitation, now), invitedBy },
    ...{ createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString(), acceptedAt: acceptedAt?.toISOString() ?? null },
  };
}
