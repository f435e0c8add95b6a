import type { KeyRing, VerificationKeys } from './key-ring.js';
import { verify } from 'node:crypto';

const base64url = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64url');

/**
 * A compact JWS (RFC 7515) over bytes, by the ring's current key. `typ` keeps it apart from the tokens that the same keys sign, which are taken
 * under their own type alone (RFC 8725, section 3.11).
 *
 * @param type the media type's subtype, e.g. `plinth-export+jws`
 */
export function signDocument(keys: KeyRing, type: string, document: Uint8Array): string {
  const signed = `${base64url(JSON.stringify({ alg: 'EdDSA', typ: type, kid: keys.current.kid }))}.${base64url(document)}`;
  return `${signed}.${base64url(keys.sign(Buffer.from(signed)).signature)}`;
}

/** The document that a JWS of this type is over, where one of the keys has signed it; null otherwise. */
export function openDocument(keys: VerificationKeys, type: string, jws: string): Buffer | null {
  const [header = '', payload = '', signature = '', ...rest] = jws.split('.');
  const { alg, typ, kid } = readHeader(header);
  const key = typeof kid === 'string' ? keys.findKey(kid) : undefined;
  if (rest.length > 0 || alg !== 'EdDSA' || typ !== type || key === undefined) return null;
  return verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')) ? Buffer.from(payload, 'base64url') : null;
}

function readHeader(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}
