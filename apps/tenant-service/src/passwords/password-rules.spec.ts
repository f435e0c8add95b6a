import { requireUncommonPassword } from './password-rules.js';

const email = 'ada.lovelace@plinth.example';

function refusalOf(password: string): unknown {
  try {
    requireUncommonPassword(password, email, '/newPassword');
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('requireUncommonPassword', () => {
  it.each(['password', 'PassWord', '12345678', 'iloveyou', 'qwertyuiop', 'football1', email, email.toUpperCase(), 'ada.lovelace'])('refuses %s', (password) => {
    expect(refusalOf(password)).toMatchObject({ code: 'password_too_common', extra: { errors: [{ pointer: '/newPassword' }] } });
  });

  it.each(['correct horse battery', 'a new long password', 'ada.lovelace and more', 'pässwörter', 'constructor', '__proto__'])('takes %s', (password) => {
    expect(refusalOf(password)).toBeUndefined();
  });
});
