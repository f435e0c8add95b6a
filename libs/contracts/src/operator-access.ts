import { isTenantCapability, type TenantCapability } from './capabilities.js';

/**
 * What an operator may be let read of a tenant (ADR 0039); a request that names nothing asks for all of it. Billing data, what is
 * INTERNAL_* and whatever is not here stays closed to operators, whoever approves.
 */
export const readableByOperators = [
  'tenant.read',
  'quota.read',
  'role.read',
  'user.view',
  'api_key.read',
  'audit.read',
  'feature_flag.evaluate',
  'project.view',
  'calculation.view',
  'file.view',
] as const satisfies readonly TenantCapability[];

/** What an operator may be let do in a tenant beside it, where the request names it. None makes a secret, a member, a role or a key. */
export const doableByOperators = ['tenant.update', 'audit.verify', 'project.edit', 'calculation.run', 'file.upload'] as const satisfies readonly TenantCapability[];

/** The upper bound of every grant. */
export const openToOperators: readonly TenantCapability[] = [...readableByOperators, ...doableByOperators];

/** Whether a grant can give it: asked when one is requested, and again at every call, so that a row that was altered gives no more. */
export function isOpenToOperators(capability: string): capability is TenantCapability {
  return isTenantCapability(capability) && openToOperators.includes(capability);
}

/** How long a grant lasts, from the moment at which it begins; and how long a request waits for its answer. */
export const operatorAccessMinutes = { least: 5, default: 60, most: 480, untilAnswered: 24 * 60 } as const;

/** What a tenant makes of requests: grants each at once, is asked first, or refuses all. Without a setting it is asked. */
export const operatorAccessPolicies = ['open', 'approval', 'closed'] as const;
export type OperatorAccessPolicy = (typeof operatorAccessPolicies)[number];
export const defaultOperatorAccessPolicy: OperatorAccessPolicy = 'approval';
