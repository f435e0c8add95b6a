import { dictionary } from '@zxcvbn-ts/language-common';
import { passwordErrors } from './passwords.errors.js';

/** As sign-up has it (NIST SP 800-63B, section 3.1.1.2); bounded above, for hashing costs time by length. */
export const passwordLength = { min: 8, max: 200 } as const;

/** The passwords that everybody tries first: what of the list of zxcvbn-ts is long enough to be chosen at all. */
const common: ReadonlySet<string> = new Set(dictionary['passwords-common'].filter(({ length }) => length >= passwordLength.min).map((password) => password.toLowerCase()));

/**
 * Refuses what is guessed first. Nothing is asked of the kinds of its characters: that makes passwords worse (NIST SP 800-63B).
 *
 * @param email of the account
 * @param pointer to the password in the request (RFC 6901)
 * @throws Problem `password_too_common` (422)
 */
export function requireUncommonPassword(password: string, email: string, pointer = '/password'): void {
  const plain = password.toLowerCase();
  const [name = ''] = email.split('@');
  if (plain === email || plain === name) throw passwordErrors.tooCommon([{ pointer, detail: 'is the e-mail address, or the name in it' }]);
  if (common.has(plain)) throw passwordErrors.tooCommon([{ pointer, detail: 'is one of the passwords that are tried first' }]);
}
