import { defineErrors } from '@plinth/kernel';

export const invitationErrors = defineErrors({
  notFound: {
    code: 'invitation_not_found',
    kind: 'not_found',
    detail: 'There is no such invitation.',
    remedy: 'Take the id from GET /v1/tenants/{id}/invitations; one that was accepted or revoked is over.',
  },
  /** Of a token: unknown, used, revoked, expired, or from somebody who may not give these roles any more. */
  invalid: {
    code: 'invitation_invalid',
    kind: 'not_found',
    detail: 'The invitation is not valid, or not any more.',
    remedy: 'Ask for a new one.',
  },
  otherAddress: {
    code: 'invitation_other_address',
    kind: 'forbidden',
    detail: 'The invitation is for another e-mail address than that of the account.',
    remedy: 'Sign in with the account of the invited address.',
  },
  tooMany: {
    code: 'invitations_too_many',
    kind: 'throttled',
    detail: 'The tenant has sent as many invitations as it may in a day: 500, and 5 to one address.',
    remedy: 'Wait; an open invitation stays good until it expires.',
    headers: { 'retry-after': '3600' },
  },
  alreadyMember: {
    code: 'already_member',
    kind: 'conflict',
    detail: 'The account belongs to the tenant already.',
    remedy: 'Change its roles at /v1/tenants/{id}/members/{accountId}.',
  },
});
