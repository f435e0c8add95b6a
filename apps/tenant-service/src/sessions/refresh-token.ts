import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

/** 256 random bits, as the client is given them. */
export const newRefreshToken = () => randomBytes(32).toString('base64url');

/** What is stored of a token. Random bits need no slow hash. */
export const hashRefreshToken = (token: string) => createHash('sha256').update(token).digest();

/**
 * Seals the token that another one was exchanged for under that one, by AES-256-GCM under its HKDF-SHA-256: whoever
 * presents the used token once more can be given the same successor, and the table alone opens none.
 * Layout: nonce (12) | tag (16) | ciphertext.
 */
export function sealSuccessor(used: string, successor: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', keyOf(used), nonce);
  const sealed = Buffer.concat([cipher.update(successor, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** @throws Error where the token is another one or the record was altered */
export function openSuccessor(used: string, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(used), sealed.subarray(0, nonceBytes));
  decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
}

function keyOf(token: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token, '', 'plinth refresh token successor v1', 32));
}
