import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

const VERSION = 'plinth-internal-v1';
const SIGNATURE = /^t=([0-9]{13});v1=([A-Za-z0-9_-]{43})$/;

/** Longest distance between the signer's clock and the verifier's, in milliseconds. */
export const signatureToleranceMs = 30_000;

/** What the per-request HMAC covers (docs/adr/0002-internal-identity.md). The body is not part of it. */
export interface SignedFacts {
  /** Upper case. */
  readonly method: string;
  /** The request target as it is on the wire: path and query. */
  readonly path: string;
  readonly requestId: string;
  /** Empty when the caller has no address (a service's own call). */
  readonly clientIp: string;
  /** base64url of the UTF-8, as in the header; empty when there is none. */
  readonly userAgentEncoded: string;
  /** Lower-case hex SHA-256 of the identity token. */
  readonly identityHash: string;
}

/** The secrets in the form that HMACs are fast with: from bytes, Node 24 takes seven times as long. */
export function signatureKeys(secrets: readonly Uint8Array[]): readonly KeyObject[] {
  return secrets.map((secret) => createSecretKey(secret));
}

/** The value of `x-plinth-signature`. @param timeMs Unix milliseconds */
export function signRequest(secret: KeyObject, timeMs: number, facts: SignedFacts): string {
  return `t=${timeMs};v1=${mac(secret, String(timeMs), facts).toString('base64url')}`;
}

/** Whether one of the secrets signed exactly these facts at a time near `nowMs`. Compares in constant time. */
export function verifyRequestSignature(
  secrets: readonly KeyObject[],
  header: string,
  nowMs: number,
  facts: SignedFacts,
): boolean {
  const [, time, encoded] = SIGNATURE.exec(header) ?? [];
  if (time === undefined || encoded === undefined) return false;
  if (Math.abs(nowMs - Number(time)) > signatureToleranceMs) return false;
  const given = Buffer.from(encoded, 'base64url');
  let matched = false;
  for (const secret of secrets) {
    // No early exit: the time taken does not tell which secret is in use.
    matched = timingSafeEqual(mac(secret, time, facts), given) || matched;
  }
  return matched;
}

/** None of the facts can hold a line feed: HTTP allows none in a request line or a header value. */
function mac(secret: KeyObject, time: string, facts: SignedFacts): Buffer {
  const lines = `${VERSION}\n${time}\n${facts.method}\n${facts.path}\n${facts.requestId}\n${facts.clientIp}\n${facts.userAgentEncoded}\n${facts.identityHash}`;
  return createHmac('sha256', secret).update(lines).digest();
}
