import { anyInternalRole, roleMatches, type BusinessRole, type EngineeringRole, type PlatformRole, type TenantRole } from './roles.js';

/** Which resources a grant reaches; the service that has the resource in hand decides (libs/auth, `AccessGrant`). */
export const resourceConditions = ['own', 'assigned', 'approved'] as const;
export type ResourceCondition = (typeof resourceConditions)[number];

/** What a person can have been verified to hold, until a day. */
export const credentialKinds = ['professional_engineer_licence'] as const;
export type CredentialKind = (typeof credentialKinds)[number];

/** A role's right to a capability. */
export interface Grant<R extends string = string> {
  readonly role: R;
  /** Absent: of every resource of the tenant. */
  readonly condition?: ResourceCondition;
  /** The caller must hold it, verified and not expired. */
  readonly credential?: CredentialKind;
}

export type CapabilityArea = 'tenant' | 'business' | 'engineering' | 'platform';

/** Who has a capability: each of the grants is enough. */
export interface CapabilityDefinition {
  /** `platform`: of operators alone. Every other: within a tenant, of its members and its keys. */
  readonly area: CapabilityArea;
  readonly grants: readonly Grant[];
}

/** A role's name alone is a grant without condition. */
type Grants<R extends string> = Readonly<Record<string, readonly (R | Grant<R>)[]>>;

const tenant = {
  'tenant.read': ['owner', 'admin', 'member', 'viewer'],
  'tenant.update': ['owner', 'admin'],
  'tenant.deactivate': ['owner'],
  'tenant.export': ['owner'],
  'quota.read': ['owner', 'admin', 'member', 'viewer'],
  'analytics.read': ['owner', 'admin'],
  'feature_flag.evaluate': ['owner', 'admin', 'member', 'viewer'],
  'tenant.transfer': ['owner'],
  'member.set_roles': ['owner', 'admin'],
  'member.leave': ['owner', 'admin', 'member', 'viewer'],
  'legal_hold.manage': ['owner'],
  'credential.submit': ['owner', 'admin', 'member', 'viewer'],
  'credential.read': ['owner', 'admin'],
  'credential.verify': ['owner', 'admin'],
  'retention.read': ['owner', 'admin'],
  'retention.manage': ['owner'],
  'role.read': ['owner', 'admin', 'member', 'viewer'],
  'role.manage': ['owner', 'admin'],
  'audit.read': ['owner', 'admin'],
  'audit.verify': ['owner', 'admin'],
  'operator_access.read': ['owner', 'admin'],
  'operator_access.decide': ['owner', 'admin'],
  'api_key.read': ['owner', 'admin'],
  'api_key.create': ['owner', 'admin'],
  'api_key.update': ['owner', 'admin'],
  'api_key.rotate': ['owner', 'admin'],
  'api_key.revoke': ['owner', 'admin'],
  'ai.use': ['owner', 'admin', 'member'],
} as const satisfies Grants<TenantRole>;

const business = {
  'availability.create': ['SELLER', 'TRADER'],
  'availability.approve': ['INTERNAL_MANAGER', 'INTERNAL_DIRECTOR'],
  'availability.view_all': [anyInternalRole],
  'requirement.create': ['BUYER', 'TRADER'],
  'requirement.approve': ['INTERNAL_MANAGER', 'INTERNAL_DIRECTOR'],
  'trade.approve': ['INTERNAL_MANAGER'],
  'trade.settle': ['INTERNAL_FINANCE'],
  'trade.cancel': ['INTERNAL_DIRECTOR'],
  'partner.approve': ['INTERNAL_MANAGER', 'INTERNAL_DIRECTOR'],
  'partner.reject': ['INTERNAL_MANAGER', 'INTERNAL_DIRECTOR'],
  'partner.suspend': ['INTERNAL_DIRECTOR'],
} as const satisfies Grants<BusinessRole | typeof anyInternalRole>;

/** Who reads only some of the projects, with their calculations and files (ADR 0021). */
const readsApproved = { role: 'fabricator', condition: 'approved' } as const;
const readsOwn = { role: 'client', condition: 'own' } as const;
const licensedEngineer = { role: 'engineer', credential: 'professional_engineer_licence' } as const;

const engineering = {
  'project.create': ['owner', 'admin', 'estimator'],
  'project.edit': ['owner', 'admin', 'estimator'],
  'project.delete': ['owner', 'admin'],
  'project.view': ['owner', 'admin', 'engineer', 'estimator', readsApproved, readsOwn],
  'calculation.run': ['owner', 'admin', 'estimator'],
  'calculation.approve': ['owner', 'admin', licensedEngineer],
  'calculation.view': ['owner', 'admin', 'engineer', 'estimator', readsApproved, readsOwn],
  'user.invite': ['owner', 'admin'],
  'user.remove': ['owner', 'admin'],
  'user.view': ['owner', 'admin'],
  'account.billing': ['owner'],
  'account.manage': ['owner'],
  'file.upload': ['owner', 'admin', 'estimator'],
  'file.delete': ['owner', 'admin'],
  'file.view': ['owner', 'admin', 'engineer', 'estimator', readsApproved, readsOwn],
} as const satisfies Grants<TenantRole | EngineeringRole>;

const platform = {
  'tenant.list': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'tenant.activate': ['PLATFORM_ADMIN'],
  'tenant.suspend': ['PLATFORM_ADMIN'],
  'tenant.restore': ['PLATFORM_ADMIN'],
  'tenant.deactivate_any': ['PLATFORM_ADMIN'],
  'tenant.set_tier': ['PLATFORM_ADMIN'],
  'tenant_access.read': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'tenant_access.request': ['PLATFORM_ADMIN'],
  'quota.set_limit': ['PLATFORM_ADMIN'],
  'quota.reset': ['PLATFORM_ADMIN'],
  'member.set_internal_roles': ['PLATFORM_ADMIN'],
  'account.reset_second_factor': ['PLATFORM_ADMIN'],
  'feature_flag.read': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'feature_flag.manage': ['PLATFORM_ADMIN'],
  'policy.publish': ['PLATFORM_ADMIN'],
  'legal_hold.read_any': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'legal_hold.manage_any': ['PLATFORM_ADMIN'],
  'analytics.read_any': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'retention.read_any': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'outbox.read': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'outbox.rearm': ['PLATFORM_ADMIN'],
  'outbox.skip': ['PLATFORM_ADMIN'],
  'dead_letter.read': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'dead_letter.redrive': ['PLATFORM_ADMIN'],
  'dead_letter.discard': ['PLATFORM_ADMIN'],
  'job.read': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'job.run': ['PLATFORM_ADMIN'],
} as const satisfies Grants<PlatformRole>;

export type PlatformCapability = keyof typeof platform;
/** One that a tenant's members and keys can hold. */
export type TenantCapability = keyof typeof tenant | keyof typeof business | keyof typeof engineering;
export type Capability = TenantCapability | PlatformCapability;

/** Every capability, and who has it. A route names one of them; a feature that needs another adds it above. */
export const capabilities = catalogue({ tenant, business, engineering, platform });

function catalogue(areas: Readonly<Record<CapabilityArea, Grants<string>>>): Readonly<Record<Capability, CapabilityDefinition>> {
  const entries = (Object.entries(areas) as [CapabilityArea, Grants<string>][]).flatMap(([area, table]) =>
    Object.entries(table).map(([name, granted]): [string, CapabilityDefinition] => [name, { area, grants: granted.map((grant) => (typeof grant === 'string' ? { role: grant } : grant)) }]),
  );
  // Of two capabilities of one name the later would take the place of the earlier, in silence.
  if (new Set(entries.map(([name]) => name)).size < entries.length) throw new Error('a capability stands in two areas');
  return Object.fromEntries(entries) as Record<Capability, CapabilityDefinition>;
}

/** What the catalogue says of it; undefined for a name that got past the types, which is nobody's. */
function findCapability(name: string): CapabilityDefinition | undefined {
  return Object.hasOwn(capabilities, name) ? capabilities[name as Capability] : undefined;
}

/** Whether the capability is one of the platform's, which only operators can hold. */
export function isPlatformCapability(capability: Capability): capability is PlatformCapability {
  return findCapability(capability)?.area === 'platform';
}

/** Whether the text names a capability that a tenant's member can hold, as an API key's scope does. */
export function isTenantCapability(text: string): text is TenantCapability {
  return Object.hasOwn(capabilities, text) && !isPlatformCapability(text as Capability);
}

/** The grants of the capability to any of the roles: one of them is enough. Unknown roles grant nothing. */
export function grantsOf(capability: Capability, roles: readonly string[]): readonly Grant[] {
  return (findCapability(capability)?.grants ?? []).filter((grant) => roles.some((role) => roleMatches(grant.role, role)));
}

/**
 * What a role of a tenant's own making grants with the capability: without condition, but for a credential where the catalogue asks
 * anybody for one. Undefined for what no tenant can give: the platform's, or a name of none.
 */
export function madeGrantOf(capability: string): Grant | undefined {
  if (!isTenantCapability(capability)) return undefined;
  const credential = capabilities[capability].grants.find((grant) => grant.credential !== undefined)?.credential;
  return { role: 'made by the tenant', ...(credential === undefined ? {} : { credential }) };
}

/** Every capability that the roles grant, together, those under a condition or for a credential included. */
export function capabilitiesOf(roles: readonly string[]): ReadonlySet<Capability> {
  const all = Object.keys(capabilities) as Capability[];
  return new Set(all.filter((capability) => grantsOf(capability, roles).length > 0));
}
