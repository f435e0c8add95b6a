import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { deriveKey } from '@plinth/kernel';

const purpose = 'plinth csrf token v1';

/**
 * The tokens that a page sends beside its session's cookie: HMAC-SHA-256 of the session's id (OWASP, "Signed Double-Submit Cookie" without the
 * second cookie: the page is given its token in an answer that other sites cannot read). Nothing is stored.
 */
export class CsrfTokens {
  private readonly keys: readonly [KeyObject, ...KeyObject[]];

  /** @param secrets `COOKIE_SECRET`: the first makes tokens, those of the others are taken until they are gone. @throws Error without one */
  constructor(secrets: readonly Buffer[]) {
    const [first, ...rest] = secrets.map((secret) => deriveKey(secret, purpose));
    if (first === undefined) throw new Error('CSRF tokens need a secret');
    this.keys = [first, ...rest];
  }

  /** The token of a session, the same for as long as the secret is: 43 characters of base64url. */
  of(sessionId: string): string {
    return tokenUnder(this.keys[0], sessionId).toString('base64url');
  }

  /** Compares in constant time. */
  isOf(token: string, sessionId: string): boolean {
    const given = Buffer.from(token, 'base64url');
    // One text a token: base64url has several for the same bytes.
    if (given.toString('base64url') !== token) return false;
    return this.keys.some((key) => {
      const expected = tokenUnder(key, sessionId);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }
}

function tokenUnder(key: KeyObject, sessionId: string): Buffer {
  return createHmac('sha256', key).update(sessionId).digest();
}
