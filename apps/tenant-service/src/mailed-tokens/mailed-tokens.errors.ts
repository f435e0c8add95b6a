import { defineErrors } from '@plinth/kernel';

export const mailedTokenErrors = defineErrors({
  /** The same for an unknown, an expired, a used one, and one that was sent to an address that is the account's no more. */
  tokenInvalid: {
    code: 'mailed_token_invalid',
    kind: 'invalid',
    detail: 'The link is not good any more: it was used, it has expired, or a newer one was sent and used.',
    remedy: 'Ask for a new one.',
  },
});
