import type { AccessCondition } from './access.decorators.js';
import { authErrors } from './auth.errors.js';

/**
 * The path names the caller's active tenant. Another tenant's id is not found, as anything else of
 * another tenant is.
 *
 * @param param the path parameter that holds the tenant's id
 */
export function activeTenant(param: string): AccessCondition {
  return {
    name: 'active tenant',
    errors: [authErrors.resourceNotFound],
    check: (context, params) => (params[param]?.toLowerCase() === context.tenantId?.toLowerCase() ? null : authErrors.resourceNotFound()),
  };
}
