import { defineErrors, type FieldError } from '@plinth/kernel';

export const roleErrors = defineErrors({
  notFound: {
    code: 'role_not_found',
    kind: 'not_found',
    detail: 'There is no such role.',
    remedy: 'Take the id from GET /v1/tenants/{id}/roles; another tenant’s role is not found either.',
  },
  nameTaken: {
    code: 'role_name_taken',
    kind: 'conflict',
    detail: 'The tenant has a role of this name already.',
    remedy: 'Choose another name.',
  },
  nameReserved: {
    code: 'role_name_reserved',
    kind: 'invalid',
    detail: 'The name is that of a role of the suite, or looks like one that operators give.',
    remedy: 'Choose another name.',
    with: () => ({ errors: [{ pointer: '/name', detail: 'is reserved' }] }),
  },
  capabilitiesInvalid: {
    code: 'role_capabilities_invalid',
    kind: 'forbidden',
    detail: 'A role is made of capabilities that its maker has.',
    remedy: 'Leave out what `errors` points at; GET /v1/auth/me lists what the caller has.',
    with: (errors: readonly FieldError[]) => ({ errors }),
  },
  inUse: {
    code: 'role_in_use',
    kind: 'conflict',
    detail: 'Members have this role.',
    remedy: 'Take it from them first.',
  },
  tooMany: {
    code: 'roles_too_many',
    kind: 'conflict',
    detail: 'The tenant has as many roles of its own as it may: 50.',
    remedy: 'Delete one that nobody has.',
  },
});
