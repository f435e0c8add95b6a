import { createHmac, type KeyObject } from 'node:crypto';
import { deriveKey, openBytes, sealBytes } from '@plinth/kernel';

/**
 * Keeps what a waiting mail says from whoever has the database alone: the address is sealed, and the token in it is made of the
 * mail's id under the same key, so that it is stored nowhere. The first of the server's secrets seals, all
 * open.
 */
export class MailSeal {
  private readonly keys: readonly [KeyObject, ...KeyObject[]];

  constructor(secrets: readonly Buffer[]) {
    const [first, ...rest] = secrets.map((secret) => deriveKey(secret, 'plinth mail v1'));
    if (first === undefined) throw new Error('mail needs a secret');
    this.keys = [first, ...rest];
  }

  seal(address: string): Buffer {
    return sealBytes(this.keys[0], Buffer.from(address));
  }

  /** @throws Error where it was sealed under none of the secrets */
  open(sealed: Buffer): string {
    for (const key of this.keys) {
      try {
        return openBytes(key, sealed).toString('utf8');
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
