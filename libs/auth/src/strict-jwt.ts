import type { KeyObject } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import type { VerificationKeys } from './key-ring.js';

/** Longest token that is looked at, in characters; below Node's limit for all headers (16 KiB). */
const MAX_TOKEN_LENGTH = 12_288;

/** All that a token's protected header may hold; `jwk`, `jku`, `x5u`, `x5c`, `crit`, ... refuse the token. */
const HEADER_MEMBERS: readonly string[] = ['alg', 'kid', 'typ'];

/** What a token must say. `sub`, `exp` and `iat` are required of each. */
export interface TokenExpectation {
  readonly typ: string;
  readonly issuer: string | string[];
  readonly audience: string;
  /** Longest accepted time from `iat` to now, in seconds, the tolerance not counted. */
  readonly maxAgeSeconds: number;
  /** How far two clocks may differ, in seconds. */
  readonly toleranceSeconds: number;
  readonly requiredClaims: string[];
}

/** A token that said what was expected, and the key that proves it. */
export interface VerifiedJwt {
  readonly payload: JWTPayload & { readonly sub: string; readonly exp: number };
  readonly kid: string;
  readonly key: KeyObject;
}

/** The token is not what was expected; `expired` tells the one defect that the caller may be told. */
export class TokenRefused extends Error {
  readonly expired: boolean;

  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = 'TokenRefused';
    this.expired = cause instanceof errors.JWTExpired && cause.claim === 'exp';
  }
}

/**
 * Verifies an EdDSA JWT (RFC 7519, RFC 8037) against fixed expectations (RFC 8725): the algorithm and
 * the type are ours to say, the header names a key and cannot bring one.
 *
 * @throws TokenRefused
 */
export async function verifyStrictJwt(
  token: string,
  keys: VerificationKeys,
  expected: TokenExpectation,
  now: Date,
): Promise<VerifiedJwt> {
  const kid = keyIdOf(token);
  let key = keys.findKey(kid);
  if (key === undefined && keys.refresh !== undefined) {
    await keys.refresh();
    key = keys.findKey(kid);
  }
  if (key === undefined) throw new TokenRefused('unknown key');
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['EdDSA'],
      typ: expected.typ,
      issuer: expected.issuer,
      audience: expected.audience,
      clockTolerance: expected.toleranceSeconds,
      // With an age, jose also refuses an `iat` in the future.
      maxTokenAge: expected.maxAgeSeconds,
      requiredClaims: ['sub', 'exp', 'iat', ...expected.requiredClaims],
      currentDate: now,
    });
    if (typeof payload.sub !== 'string' || typeof payload.exp !== 'number') throw new TokenRefused('claims of a wrong type');
    return { payload: { ...payload, sub: payload.sub, exp: payload.exp }, kid, key };
  } catch (error) {
    throw error instanceof TokenRefused ? error : new TokenRefused('not verified', error);
  }
}

/** The key that the header names. Nothing is authenticated yet, so only the form is judged. */
function keyIdOf(token: string): string {
  if (token.length > MAX_TOKEN_LENGTH) throw new TokenRefused('too long');
  let header: Record<string, unknown>;
  try {
    header = decodeProtectedHeader(token);
  } catch (error) {
    throw new TokenRefused('no readable header', error);
  }
  if (header['alg'] !== 'EdDSA') throw new TokenRefused('wrong algorithm');
  if (Object.keys(header).some((member) => !HEADER_MEMBERS.includes(member))) throw new TokenRefused('unexpected header member');
  const { kid } = header;
  if (typeof kid !== 'string' || kid.length > 128) throw new TokenRefused('no key id');
  return kid;
}
