import { randomBytes } from 'node:crypto';
import { newId } from '@plinth/kernel';
import { CsrfTokens } from './csrf-tokens.js';

describe('a CSRF token', () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const sessionId = newId();

  it('is of one session', () => {
    const tokens = new CsrfTokens([newer]);
    const token = tokens.of(sessionId);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect([tokens.isOf(token, sessionId), tokens.isOf(token, newId())]).toEqual([true, false]);
  });

  it('of the previous secret is taken after a rotation, and of one that is gone is not', () => {
    const token = new CsrfTokens([older]).of(sessionId);
    expect(new CsrfTokens([newer, older]).isOf(token, sessionId)).toBe(true);
    expect(new CsrfTokens([newer, older]).of(sessionId)).not.toBe(token);
    expect(new CsrfTokens([newer]).isOf(token, sessionId)).toBe(false);
  });

  it('has one text, and no other passes', () => {
    const tokens = new CsrfTokens([newer]);
    const token = tokens.of(sessionId);
    const wrong = ['', 'x', `${token}=`, `${token}A`, token.slice(1), ` ${token}`, token.toLowerCase(), randomBytes(32).toString('base64url'), 'é'.repeat(43)];
    for (const text of wrong) expect([text, tokens.isOf(text, sessionId)]).toEqual([text, false]);
  });

  it('cannot be made without a secret', () => {
    expect(() => new CsrfTokens([])).toThrow('secret');
  });
});
