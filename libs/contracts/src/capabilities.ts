/** The roles that a membership can have. */
export const tenantRoles = ['owner', 'admin', 'member', 'viewer'] as const;
export type TenantRole = (typeof tenantRoles)[number];

/** The roles that a platform operator can have. Operators belong to the platform and to no tenant. */
export const platformRoles = ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'] as const;
export type PlatformRole = (typeof platformRoles)[number];

/**
 * The capabilities within a tenant and the tenant roles that grant each. Business and engineering
 * roles (reference/capabilities.json) join this table with the features that need them.
 */
export const tenantCapabilityGrants = {
  'tenant.read': ['owner', 'admin', 'member', 'viewer'],
  'tenant.update': ['owner', 'admin'],
  'audit.read': ['owner', 'admin'],
  'audit.verify': ['owner', 'admin'],
  'api_key.read': ['owner', 'admin'],
  'api_key.create': ['owner', 'admin'],
  'api_key.revoke': ['owner', 'admin'],
  'ai.use': ['owner', 'admin', 'member'],
} as const satisfies Record<string, readonly TenantRole[]>;

/** The capabilities over the platform and the operator roles that grant each. */
export const platformCapabilityGrants = {
  'tenant.suspend': ['PLATFORM_ADMIN'],
  'tenant.restore': ['PLATFORM_ADMIN'],
  'outbox.read': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'dead_letter.read': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'dead_letter.redrive': ['PLATFORM_ADMIN'],
  'job.read': ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'],
  'job.run': ['PLATFORM_ADMIN'],
} as const satisfies Record<string, readonly PlatformRole[]>;

export type TenantCapability = keyof typeof tenantCapabilityGrants;
export type PlatformCapability = keyof typeof platformCapabilityGrants;
export type Capability = TenantCapability | PlatformCapability;

/** Whether the capability is one of the platform's, which only operators can hold. */
export function isPlatformCapability(capability: Capability): capability is PlatformCapability {
  return capability in platformCapabilityGrants;
}

/** Whether the text names a capability that a tenant's member can hold, as an API key's scope does. */
export function isTenantCapability(text: string): text is TenantCapability {
  return Object.hasOwn(tenantCapabilityGrants, text);
}

const grants = Object.entries({ ...tenantCapabilityGrants, ...platformCapabilityGrants }) as [Capability, readonly string[]][];

/** Every capability that the roles grant, together. Unknown roles grant nothing. */
export function capabilitiesOf(roles: readonly string[]): ReadonlySet<Capability> {
  return new Set(grants.filter(([, granting]) => roles.some((role) => granting.includes(role))).map(([capability]) => capability));
}
