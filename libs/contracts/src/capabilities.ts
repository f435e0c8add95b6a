/** The roles that a membership can have. */
export const tenantRoles = ['owner', 'admin', 'member', 'viewer'] as const;
export type TenantRole = (typeof tenantRoles)[number];

/**
 * The platform's capabilities and the tenant roles that grant each. Business and engineering roles
 * (reference/capabilities.json) join this table with the features that need them.
 */
export const capabilityGrants = {
  'tenant.read': ['owner', 'admin', 'member', 'viewer'],
  'tenant.update': ['owner', 'admin'],
  'audit.read': ['owner', 'admin'],
  'audit.verify': ['owner', 'admin'],
} as const satisfies Record<string, readonly TenantRole[]>;

export type Capability = keyof typeof capabilityGrants;

/** Every capability that the roles grant, together. Unknown roles grant nothing. */
export function capabilitiesOf(roles: readonly string[]): ReadonlySet<Capability> {
  const held = new Set<Capability>();
  for (const [capability, granting] of Object.entries(capabilityGrants) as [Capability, readonly string[]][]) {
    if (roles.some((role) => granting.includes(role))) held.add(capability);
  }
  return held;
}
