import { defineErrors } from '@plinth/kernel';

export const quotaLedgerErrors = defineErrors({
  grantNotFound: {
    code: 'quota_grant_not_found',
    kind: 'not_found',
    detail: 'There is no such reservation or lease.',
    remedy: 'Use the id under which it was taken; a day after its end it is forgotten.',
  },
  metricUnknown: {
    code: 'quota_metric_unknown',
    kind: 'not_found',
    detail: 'There is no quota of this name.',
    remedy: 'Take the name from GET /v1/tenants/{id}/quotas.',
  },
  notResettable: {
    code: 'quota_not_resettable',
    kind: 'invalid',
    detail: 'What stands cannot be reset: it is what the tenant has.',
    remedy: 'Name a metric that is counted by the month, or none for all of them.',
    with: () => ({ errors: [{ pointer: '/metric', detail: 'is counted at a time, not by the month' }] }),
  },
  grantConflict: {
    code: 'quota_grant_conflict',
    kind: 'conflict',
    detail: 'The id stands for other units, or the grant has ended in another way.',
    remedy: 'Take a new id for each use; what was settled stays settled.',
  },
});
