/** The roles that a membership of a tenant can have; one of them each has. */
export const tenantRoles = ['owner', 'admin', 'member', 'viewer'] as const;
export type TenantRole = (typeof tenantRoles)[number];

/** The roles of the trade domain, given beside the membership's. */
export const businessRoles = ['SELLER', 'BUYER', 'TRADER', 'INTERNAL_MANAGER', 'INTERNAL_DIRECTOR', 'INTERNAL_FINANCE'] as const;
export type BusinessRole = (typeof businessRoles)[number];

/** The roles of the engineering domain, given beside the membership's, whose owner and admin are the engineering domain's too. */
export const engineeringRoles = ['engineer', 'estimator', 'fabricator', 'client'] as const;
export type EngineeringRole = (typeof engineeringRoles)[number];

/** The roles that a platform operator can have. Operators belong to the platform and to no tenant. */
export const platformRoles = ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'] as const;
export type PlatformRole = (typeof platformRoles)[number];

export type Role = TenantRole | BusinessRole | EngineeringRole | PlatformRole;

/** Stands for every role whose name begins with `INTERNAL_`, those that a deployment has added included. */
export const anyInternalRole = 'INTERNAL';
const internalRole = /^INTERNAL_./;

/** Whether only a platform operator may give the role to a member: a tenant can neither give nor name one so. */
export function isGrantedByOperatorsOnly(role: string): boolean {
  return internalRole.test(role) || role === anyInternalRole || (platformRoles as readonly string[]).includes(role);
}

/** Whether a grant to `granted` is one to the role. */
export function roleMatches(granted: string, role: string): boolean {
  return granted === anyInternalRole ? internalRole.test(role) : granted === role;
}

/** What a tenant gives its members beside the membership's role: of the business and engineering domains, but for those that operators give. */
export const domainRoles = [...businessRoles, ...engineeringRoles].filter((role) => !isGrantedByOperatorsOnly(role));
