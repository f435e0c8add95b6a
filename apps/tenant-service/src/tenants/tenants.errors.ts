import { defineErrors } from '@plinth/kernel';

export const tenantErrors = defineErrors({
  notFound: {
    code: 'tenant_not_found',
    kind: 'not_found',
    detail: 'There is no such tenant.',
    remedy: 'Check the id; a tenant that is not the caller’s is not found either.',
  },
  settingsTooLarge: {
    code: 'settings_too_large',
    kind: 'invalid',
    detail: 'The settings would be larger than 64 KiB.',
    remedy: 'Remove members with null (JSON merge patch), or keep large values elsewhere.',
  },
  statusConflict: {
    code: 'tenant_status_conflict',
    kind: 'conflict',
    detail: 'The tenant’s status does not allow this step.',
    remedy: 'Read the tenant: only an active one can be suspended, only a suspended one restored.',
    with: (from: string, to: string) => ({ detail: `A tenant that is ${from} cannot become ${to}.` }),
  },
});
