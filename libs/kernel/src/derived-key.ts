import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/**
 * A key of 32 bytes for one purpose, by HKDF-SHA-256 without a salt (RFC 5869): keys of different purposes tell nothing of each other.
 *
 * @param secret with the strength that the key is to have: random bits, not a password
 * @param purpose names what the key is for, with a version: `plinth mail v1`
 */
export function deriveKey(secret: Buffer | string, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', purpose, 32)));
}
