import { defineErrors } from '@plinth/kernel';

export const operatorAccessErrors = defineErrors({
  notFound: {
    code: 'operator_access_not_found',
    kind: 'not_found',
    detail: 'There is no such access.',
    remedy: 'Take the id from the list; another tenant’s access is not found either.',
  },
  closed: {
    code: 'operator_access_closed',
    kind: 'forbidden',
    detail: 'The tenant lets no operators in.',
    remedy: 'Ask its owner: the setting `operatorAccess` decides it.',
  },
  openAlready: {
    code: 'operator_access_open',
    kind: 'conflict',
    detail: 'The operator has an access to the tenant already, or has asked for one.',
    remedy: 'Use it, or end it with DELETE /v1/admin/access/{id} and ask anew.',
  },
  notOpen: {
    code: 'operator_access_not_open',
    kind: 'conflict',
    detail: 'The request waits for no answer any more, or the access is over.',
    remedy: 'Read it: what is over stays so. Have the operator ask anew.',
  },
  tenantNotActive: {
    code: 'operator_access_tenant_not_active',
    kind: 'conflict',
    detail: 'The tenant is not active.',
    remedy: 'Nobody calls in a tenant that is pending, suspended or deactivated, operators neither.',
  },
});
