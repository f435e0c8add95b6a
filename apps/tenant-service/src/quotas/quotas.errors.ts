import { defineErrors } from '@plinth/kernel';

export const quotaLedgerErrors = defineErrors({
  grantNotFound: {
    code: 'quota_grant_not_found',
    kind: 'not_found',
    detail: 'There is no such reservation or lease.',
    remedy: 'Use the id under which it was taken; a day after its end it is forgotten.',
  },
  grantConflict: {
    code: 'quota_grant_conflict',
    kind: 'conflict',
    detail: 'The id stands for other units, or the grant has ended in another way.',
    remedy: 'Take a new id for each use; what was settled stays settled.',
  },
});
