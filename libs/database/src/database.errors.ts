import { defineErrors } from '@plinth/kernel';

const soon = { 'retry-after': '1' };
const because = (cause: unknown) => ({ cause });

/** What a caller is told where the database, and not the request, is at fault. Nothing was changed in any of them. */
export const databaseErrors = defineErrors({
  unavailable: {
    code: 'database_unavailable',
    kind: 'unavailable',
    detail: 'The service cannot reach its database. Try again shortly.',
    remedy: 'Try again after Retry-After, with the same Idempotency-Key.',
    headers: soon,
    with: (cause: unknown, detail?: string) => (detail === undefined ? { cause } : { cause, detail }),
  },
  timeout: {
    code: 'database_timeout',
    kind: 'unavailable',
    detail: 'The database took too long. Try again shortly.',
    remedy: 'Try again after Retry-After, with the same Idempotency-Key; ask for less where it was a list.',
    headers: soon,
    with: because,
  },
  concurrentChange: {
    code: 'concurrent_change',
    kind: 'unavailable',
    detail: 'Another change got in between. Try again.',
    remedy: 'Try again after Retry-After, with the same Idempotency-Key.',
    headers: soon,
    with: because,
  },
  overloaded: {
    code: 'database_overloaded',
    kind: 'unavailable',
    detail: 'The database is at its limits. Nothing was changed. Try again shortly.',
    remedy: 'Try again after Retry-After, with the same Idempotency-Key.',
    headers: soon,
    with: because,
  },
  storageFull: {
    code: 'storage_full',
    kind: 'storage_full',
    detail: 'There is no storage left. Nothing was changed.',
    remedy: 'Wait for the operator to make room, then try again with the same Idempotency-Key.',
    with: because,
  },
});
