import { holdsCapability } from '@plinth/auth';
import { isTenantCapability } from '@plinth/contracts';
import type { Principal } from '@plinth/http';
import type { FieldError } from '@plinth/kernel';
import { apiKeyErrors } from './api-keys.errors.js';

/** All that the key's creator has, also what its role is given later. */
export const allScopes = '*';

/**
 * The scopes of a new key: never more than its creator has. `*` of a key that is itself limited means
 * that key's scopes, so that no key makes a stronger one.
 *
 * @throws Problem `scopes_invalid` (422)
 */
export function grantedScopes(creator: Principal, wanted: readonly string[]): readonly string[] {
  if (wanted.includes(allScopes)) {
    if (wanted.length > 1) throw apiKeyErrors.scopesInvalid([{ pointer: '/scopes', detail: '* stands alone' }]);
    return creator.scopes ?? wanted;
  }
  const errors = wanted.flatMap((scope, index): FieldError[] => {
    if (isTenantCapability(scope) && holdsCapability(creator, scope)) return [];
    return [{ pointer: `/scopes/${index}`, detail: isTenantCapability(scope) ? 'is not one that the creator has' : 'is not a capability of a tenant' }];
  });
  if (errors.length > 0) throw apiKeyErrors.scopesInvalid(errors);
  return wanted;
}

/**
 * The scopes of a key's successor: what of them its maker has too. A key rotated by somebody who may less becomes less.
 *
 * @throws Problem `scopes_invalid` (422) where nothing is left
 */
export function recutScopes(maker: Principal, scopes: readonly string[]): readonly string[] {
  if (scopes.includes(allScopes)) return maker.scopes ?? scopes;
  const left = scopes.filter((scope) => isTenantCapability(scope) && holdsCapability(maker, scope));
  if (left.length === 0) throw apiKeyErrors.scopesInvalid([{ pointer: '', detail: 'the caller has none of the key’s scopes' }]);
  return left;
}
