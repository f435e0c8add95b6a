import { defineErrors, type FieldError } from '@plinth/kernel';

export const featureFlagErrors = defineErrors({
  notFound: {
    code: 'feature_flag_not_found',
    kind: 'not_found',
    detail: 'There is no such flag.',
    remedy: 'Take the key from GET /v1/feature-flags; what is archived has its history left.',
  },
  keyTaken: {
    code: 'feature_flag_key_taken',
    kind: 'conflict',
    detail: 'There is a flag of this key.',
    remedy: 'Change that one, or choose another key.',
  },
  invalid: {
    code: 'feature_flag_invalid',
    kind: 'invalid',
    detail: 'The flag would not be sound.',
    remedy: 'Mend what `errors` points at: pointers into the flag as it would be.',
    with: (errors: readonly FieldError[]) => ({ errors }),
  },
  tooLarge: {
    code: 'feature_flag_too_large',
    kind: 'invalid',
    detail: 'Variants and rules would be larger than 256 KiB.',
    remedy: 'Target by an attribute instead of long lists.',
  },
  overridden: {
    code: 'feature_flag_overridden',
    kind: 'conflict',
    detail: 'The environment sets a flag of this key to what a flag of this type cannot be.',
    remedy: 'Choose the type that FLAG_<KEY> has, or have the operator of the installation take it away.',
  },
  tooMany: {
    code: 'feature_flags_too_many',
    kind: 'conflict',
    detail: 'There are as many flags as there may be: 1,000.',
    remedy: 'Archive those that nothing asks for any more.',
  },
});
