import { defineErrors, type FieldError } from '@plinth/kernel';

export const memberErrors = defineErrors({
  notFound: {
    code: 'member_not_found',
    kind: 'not_found',
    detail: 'There is no such member.',
    remedy: 'Take the id from GET /v1/tenants/{id}/members; another tenant’s member is not found either.',
  },
  notYoursToGive: {
    code: 'role_not_yours_to_give',
    kind: 'forbidden',
    detail: 'The caller may not give, change or take one of these roles.',
    remedy: 'Nobody gives what they do not have themselves; INTERNAL_* roles are given by the platform’s operators alone.',
    with: (errors: readonly FieldError[]) => ({ errors }),
  },
  lastOwner: {
    code: 'last_owner',
    kind: 'conflict',
    detail: 'A tenant keeps an owner: this is the last one.',
    remedy: 'Make another member an owner first, or transfer the ownership, or deactivate the tenant.',
  },
  roleUnknown: {
    code: 'custom_role_unknown',
    kind: 'invalid',
    detail: 'The tenant has no such role.',
    remedy: 'Take the ids from GET /v1/tenants/{id}/roles.',
    with: (errors: readonly FieldError[]) => ({ errors }),
  },
  personOnly: {
    code: 'person_required',
    kind: 'forbidden',
    detail: 'This is for a person who has signed in, and no key.',
    remedy: 'Sign in as a user.',
  },
});
