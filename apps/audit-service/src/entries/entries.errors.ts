import { defineErrors } from '@plinth/kernel';

export const entryErrors = defineErrors({
  notFound: {
    code: 'audit_entry_not_found',
    kind: 'not_found',
    detail: 'There is no such audit entry.',
    remedy: 'Check the id; another tenant’s entry is not found either, and a new one takes a moment to arrive.',
  },
});
