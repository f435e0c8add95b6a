import { defineErrors } from '@plinth/kernel';

export const erasureErrors = defineErrors({
  /** With the tenants: each has to go to somebody else, or to be given up, first. */
  soleOwner: {
    code: 'sole_owner',
    kind: 'conflict',
    detail: 'The account is the last owner of an organization that is in use.',
    remedy: 'Transfer each of `tenantIds` to another member, or deactivate it.',
    with: (tenantIds: readonly string[]) => ({ members: { tenantIds } }),
  },
  operatorAccount: {
    code: 'operator_account',
    kind: 'conflict',
    detail: 'The account is that of a platform operator.',
    remedy: 'Have it made an ordinary one first.',
  },
  notFound: {
    code: 'erasure_not_found',
    kind: 'not_found',
    detail: 'There is no erasure with this receipt.',
    remedy: 'Use the receipt that the request for the erasure was answered with.',
  },
});
