import { defaultOperatorAccessPolicy, operatorAccessPolicies, type OperatorAccessPolicy } from '@plinth/contracts';
import type { Settings } from '../tenants/tenant.entity.js';

/** What a tenant makes of operators' requests. A value from before its schema is none. */
export function operatorAccessPolicyOf(settings: Settings): OperatorAccessPolicy {
  return operatorAccessPolicies.find((policy) => policy === settings['operatorAccess']) ?? defaultOperatorAccessPolicy;
}
