import { SignJWT } from 'jose';
import type { KeyRing } from './key-ring.js';

/**
 * A statement that anybody can hold against the published keys, as a JWS in compact form (RFC 7515, RFC 7519). Its type keeps it from
 * passing for an access token, or for a statement of another kind.
 *
 * @param statement.type the header's `typ`, e.g. `erasure-certificate+jwt`
 * @param statement.at what `iat` says; without an end
 * @throws Error where the ring's current key only verifies
 */
export async function signStatement(statement: { readonly keys: KeyRing; readonly issuer: string; readonly type: string; readonly subject: string; readonly at: Date; readonly claims: Readonly<Record<string, unknown>> }): Promise<string> {
  const { kid, privateKey } = statement.keys.current;
  return await new SignJWT({ ...statement.claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: statement.type, kid })
    .setIssuer(statement.issuer)
    .setSubject(statement.subject)
    .setIssuedAt(Math.floor(statement.at.getTime() / 1000))
    .sign(privateKey);
}
