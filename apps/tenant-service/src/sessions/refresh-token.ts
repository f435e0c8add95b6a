import { createHash, randomBytes } from 'node:crypto';
import { deriveKey, openBytes, sealBytes } from '@plinth/kernel';

/** 256 random bits, as the client is given them. */
export const newRefreshToken = () => randomBytes(32).toString('base64url');

/** What is stored of a token. Random bits need no slow hash. */
export const hashRefreshToken = (token: string) => createHash('sha256').update(token).digest();

/**
 * Seals the token that another one was exchanged for under that one, by AES-256-GCM under its HKDF-SHA-256: whoever
 * presents the used token once more can be given the same successor, and the table alone opens none.
 */
export function sealSuccessor(used: string, successor: string): Buffer {
  return sealBytes(keyOf(used), Buffer.from(successor));
}

/** @throws Error where the token is another one or the record was altered */
export function openSuccessor(used: string, sealed: Buffer): string {
  return openBytes(keyOf(used), sealed).toString('utf8');
}

function keyOf(token: string) {
  return deriveKey(token, 'plinth refresh token successor v1');
}
