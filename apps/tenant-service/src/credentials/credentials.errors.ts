import { defineErrors } from '@plinth/kernel';

export const credentialErrors = defineErrors({
  notFound: {
    code: 'credential_not_found',
    kind: 'not_found',
    detail: 'There is no such credential.',
    remedy: 'Take the id from the list; another member’s or tenant’s is not found either.',
  },
  datesInvalid: {
    code: 'credential_dates_invalid',
    kind: 'invalid',
    detail: 'The credential is issued in the future, is over already, or ends before it was issued.',
    remedy: 'Send `issuedOn` and `expiresOn` as they stand on it.',
  },
  waiting: {
    code: 'credential_waiting',
    kind: 'conflict',
    detail: 'Another credential of this kind waits to be verified.',
    remedy: 'Withdraw it first, or have it decided.',
  },
  own: {
    code: 'credential_own',
    kind: 'forbidden',
    detail: 'Nobody decides over their own credential.',
    remedy: 'Ask another member who may verify; to take it back is the member’s own.',
  },
  notOpen: {
    code: 'credential_not_open',
    kind: 'conflict',
    detail: 'The credential’s status does not allow this step.',
    remedy: 'Read it: one that was submitted is verified or rejected, one that counts is withdrawn; what is over stays so.',
  },
});
