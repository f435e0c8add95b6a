import { defineErrors } from '@plinth/kernel';

export const legalHoldErrors = defineErrors({
  /** Says nothing of who holds and why: whoever is held is not always to know. */
  held: {
    code: 'legal_hold',
    kind: 'conflict',
    detail: 'What this would delete is under a legal hold, and stays until that is released.',
    remedy: 'Ask the owner of the organisation or the platform’s operator; then try again.',
  },
  notFound: {
    code: 'legal_hold_not_found',
    kind: 'not_found',
    detail: 'There is no such legal hold.',
    remedy: 'Take the id from the list of holds.',
  },
  releasedAlready: {
    code: 'legal_hold_released',
    kind: 'conflict',
    detail: 'The hold is released already.',
    remedy: 'There is nothing left to do; place another one where something is to be held again.',
  },
  ofPlatform: {
    code: 'legal_hold_of_platform',
    kind: 'forbidden',
    detail: 'An operator of the platform has placed this hold: operators alone release it.',
    remedy: 'Ask the platform’s operator.',
  },
  onNothing: {
    code: 'legal_hold_on_nothing',
    kind: 'invalid',
    detail: 'A hold is on a tenant, on a person, or on a person within a tenant.',
    remedy: 'Name `tenantId`, `accountId` or both, of a tenant and an account that there are.',
  },
});
