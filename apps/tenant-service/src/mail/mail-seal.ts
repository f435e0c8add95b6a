import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { openBytes, sealBytes } from '@plinth/kernel';

const info = 'plinth mail v1';

/**
 * Keeps what a waiting mail says from whoever has the database alone: the address is sealed, and the token in it is made of the
 * mail's id under the same key, so that it is stored nowhere. Keys are HKDF-SHA-256 (RFC 5869) of the server's secrets; the first
 * seals, all open.
 */
export class MailSeal {
  private readonly keys: readonly [KeyObject, ...KeyObject[]];

  constructor(secrets: readonly Buffer[]) {
    const [first, ...rest] = secrets.map((secret) => createSecretKey(Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, 32))));
    if (first === undefined) throw new Error('mail needs a secret');
    this.keys = [first, ...rest];
  }

  seal(address: string): Buffer {
    return sealBytes(this.keys[0].export(), Buffer.from(address));
  }

  /** @throws Error where it was sealed under none of the secrets */
  open(sealed: Buffer): string {
    for (const key of this.keys) {
      try {
        return openBytes(key.export(), sealed).toString('utf8');
      } catch {
        // Sealed under another secret of the ring.
      }
    }
    throw new Error('the mail was sealed under a secret that is not known any more');
  }

  /** 256 bits that nobody can tell without the secret: the same at each try to send the mail. */
  tokenOf(mailId: string): string {
    return createHmac('sha256', this.keys[0]).update(`token ${mailId}`).digest('base64url');
  }
}
