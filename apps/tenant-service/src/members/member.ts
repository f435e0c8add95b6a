import { shape, type Described } from '@plinth/http';
import { tenantRoles, type TenantRole } from '@plinth/contracts';

const roleName = shape.record({ id: shape.uuid(), name: shape.text() });

/** A person in a tenant, as its admins see it. */
export const memberShape = shape.named(
  'Member',
  shape.record({
    accountId: shape.uuid(),
    email: shape.text(),
    role: shape.oneOf(tenantRoles),
    roles: shape.list(shape.text(), 'Of the business and engineering domains, as the tenant gave them.'),
    internalRoles: shape.list(shape.text(), 'Given by the platform’s operators.'),
    customRoles: shape.list(roleName, 'Of the tenant’s own making.'),
    joinedAt: shape.dateTime(),
  }),
);
export type MemberView = Described<typeof memberShape>;

/** A member without the address, which stands in its account. */
export interface Member {
  readonly accountId: string;
  readonly role: TenantRole;
  readonly roles: readonly string[];
  readonly internalRoles: readonly string[];
  readonly customRoles: readonly { readonly id: string; readonly name: string; readonly capabilities: readonly string[] }[];
  readonly joinedAt: Date;
  /** Counts the changes; the entity tag. */
  readonly version: number;
}

export interface MemberWithEmail extends Member {
  readonly email: string;
}

export function memberView({ accountId, role, roles, internalRoles, customRoles, joinedAt }: Member, email: string): MemberView {
  return { accountId, email, role, roles, internalRoles, customRoles: customRoles.map(({ id, name }) => ({ id, name })), joinedAt: joinedAt.toISOString() };
}

/** What of a member the audit trail holds before and after a change. */
export function memberRecord({ role, roles, internalRoles, customRoles }: Member): Readonly<Record<string, unknown>> {
  return { role, roles, internalRoles, customRoles: customRoles.map(({ name }) => name) };
}
