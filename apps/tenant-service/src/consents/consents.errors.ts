import { defineErrors } from '@plinth/kernel';

export const consentErrors = defineErrors({
  notCurrent: {
    code: 'consent_not_current',
    kind: 'invalid',
    detail: 'This is not a document in the version that is in force.',
    remedy: 'Show what GET /v1/policies lists, and send that version.',
  },
  notFound: {
    code: 'consent_not_found',
    kind: 'not_found',
    detail: 'The caller has not agreed to such a document, or has withdrawn it.',
    remedy: 'GET /v1/auth/consents lists what holds.',
  },
  isRequired: {
    code: 'consent_is_required',
    kind: 'conflict',
    detail: 'There is no account without this consent: to withdraw it is to close the account.',
    remedy: 'Have the account deleted instead; the privacy notice says how. Until then the consent holds.',
  },
});
