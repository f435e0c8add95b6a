import { grantsHeld } from '@plinth/auth';
import { capabilitiesOf, grantsOf, isGrantedByOperatorsOnly, isTenantCapability, madeGrantOf, type Capability, type Grant, type TenantRole } from '@plinth/contracts';
import type { Principal } from '@plinth/http';
import { allScopes } from '../api-keys/scopes.js';

/** What somebody is to have in a tenant. */
export interface RolesToGive {
  /** Of the membership; absent where it stays as it is. */
  readonly role?: TenantRole | undefined;
  /** Of the business and engineering domains. */
  readonly roles: readonly string[];
  /** Of the tenant's own making. */
  readonly customRoles: readonly { readonly name: string; readonly capabilities: readonly string[] }[];
}

/**
 * The roles among these that the giver may not give, by name; empty where it may give all. The rule, by whatever way a role is given (to
 * a member, by an invitation, as a role of the tenant's making): nobody gives what they do not have, and nobody but an operator gives what
 * operators give. Owners and admins may also give the domains' roles, which is what these are for.
 */
export function ungivable(giver: Principal, { role, roles, customRoles }: RolesToGive): readonly string[] {
  return [
    ...(role === undefined || mayGiveMembership(giver, role) ? [] : [role]),
    ...roles.filter((one) => !mayGiveDomainRole(giver, one)),
    ...customRoles.filter((custom) => !holdsAll(giver, custom.capabilities)).map(({ name }) => name),
  ];
}

/**
 * The roles among these that the taker may not take away, by name: an admin unmakes no owner. A key's scopes do not matter here, for
 * nobody comes to have more by it.
 */
export function untakable({ scopes: _, ...taker }: Principal, roles: RolesToGive): readonly string[] {
  return roles.role === 'owner' && taker.type !== 'user' ? ['owner'] : ungivable({ ...taker, type: 'user' }, roles);
}

/** Whether the giver has every one of these as far as a role of the tenant's making gives it: of every resource. */
export function holdsAll(giver: Principal, wanted: readonly string[]): boolean {
  return wanted.every((capability) => {
    const made = madeGrantOf(capability);
    return made !== undefined && hasAsFar(giver, capability as Capability, made);
  });
}

/** Whether the giver has all that the role grants in a tenant, each as far as the role does; of what grants nothing there, never. */
function holdsRole(giver: Principal, role: string): boolean {
  if (isGrantedByOperatorsOnly(role)) return false;
  const granted = [...capabilitiesOf([role])].filter(isTenantCapability);
  return granted.length > 0 && granted.every((capability) => grantsOf(capability, [role]).every((grant) => hasAsFar(giver, capability, grant)));
}

/** A grant under a condition, or for who holds a credential, reaches less far than one without. */
function hasAsFar(giver: Principal, capability: Capability, wanted: Grant): boolean {
  const within = (limit: string | undefined, other: string | undefined) => limit === undefined || limit === other;
  return grantsHeld(giver, capability).some(({ condition, credential }) => within(condition, wanted.condition) && within(credential, wanted.credential));
}

function mayGiveMembership(giver: Principal, role: TenantRole): boolean {
  // Ownership is given from person to person: a key that leaks must not make owners.
  if (role === 'owner' && giver.type !== 'user') return false;
  return holdsRole(giver, role);
}

function mayGiveDomainRole(giver: Principal, role: string): boolean {
  const unlimited = giver.type === 'user' || giver.scopes?.includes(allScopes) === true;
  if (unlimited && (giver.roles.includes('owner') || giver.roles.includes('admin'))) return !isGrantedByOperatorsOnly(role);
  return holdsRole(giver, role);
}
