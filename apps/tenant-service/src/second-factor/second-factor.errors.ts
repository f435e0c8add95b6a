import { defineErrors } from '@plinth/kernel';

export const secondFactorErrors = defineErrors({
  /** Told to nobody who does not know the password. */
  required: {
    code: 'second_factor_required',
    kind: 'unauthenticated',
    detail: 'The account asks for a second factor.',
    remedy: 'Send the same again with `code`: of the authenticator app, or a recovery code.',
  },
  /** The same for a wrong, an expired and a used one. */
  invalid: {
    code: 'second_factor_invalid',
    kind: 'unauthenticated',
    detail: 'The code is wrong, or was used before.',
    remedy: 'Wait for the next code of the authenticator app, or use a recovery code.',
  },
  /** To who has signed in already. */
  wrong: {
    code: 'second_factor_wrong',
    kind: 'forbidden',
    detail: 'The code is wrong, or was used before.',
    remedy: 'Wait for the next code of the authenticator app, or use a recovery code.',
  },
  notSetUp: {
    code: 'second_factor_not_set_up',
    kind: 'not_found',
    detail: 'The account has no second factor.',
    remedy: 'Begin with POST /v1/auth/second-factor.',
  },
  exists: {
    code: 'second_factor_exists',
    kind: 'conflict',
    detail: 'The account has a second factor already.',
    remedy: 'Give it up first with POST /v1/auth/second-factor/disable.',
  },
  notFound: {
    code: 'second_factor_not_found',
    kind: 'not_found',
    detail: 'There is no account of this id that has a second factor.',
    remedy: 'Check the id; without a second factor the password is enough.',
  },
  own: {
    code: 'second_factor_own',
    kind: 'forbidden',
    detail: 'Nobody takes away their own second factor so.',
    remedy: 'Give it up with POST /v1/auth/second-factor/disable, or ask another operator.',
  },
  demanded: {
    code: 'second_factor_demanded',
    kind: 'conflict',
    detail: 'Operators keep a second factor here.',
    remedy: 'Whoever runs the installation decides it with OPERATOR_SECOND_FACTOR.',
  },
});
