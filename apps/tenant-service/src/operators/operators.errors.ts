import { defineErrors } from '@plinth/kernel';

export const operatorErrors = defineErrors({
  emailTaken: {
    code: 'operator_email_taken',
    kind: 'conflict',
    detail: 'The address belongs to an account that is no operator’s: choose another.',
    remedy: 'Give the operator an address with which nobody has signed up.',
  },
});
