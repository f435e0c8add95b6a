import { defineErrors } from '@plinth/kernel';

export const emailChangeErrors = defineErrors({
  tooMany: {
    code: 'email_changes_too_many',
    kind: 'throttled',
    detail: 'So many mails were sent for this account lately that this one was not.',
    remedy: 'Wait: one a minute, five an hour.',
    headers: { 'retry-after': '60' },
  },
});
