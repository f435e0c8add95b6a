import { createHmac } from 'node:crypto';
import { SealRing } from '@plinth/kernel';

/**
 * Keeps what a waiting mail says from whoever has the database alone: the address is sealed, and the token in it is made of the
 * mail's id under the same key, so that it is stored nowhere. The first of the server's secrets seals, all
 * open.
 */
export class MailSeal {
  private readonly ring: SealRing;

  constructor(secrets: readonly Buffer[]) {
    this.ring = new SealRing(secrets, 'plinth mail v1');
  }

  seal(address: string): Buffer {
    return this.ring.seal(Buffer.from(address));
  }

  /** @throws Error where it was sealed under none of the secrets */
  open(sealed: Buffer): string {
    return this.ring.open(sealed).toString('utf8');
  }

  /** 256 bits that nobody can tell without the secret: the same at each try to send the mail. */
  tokenOf(mailId: string): string {
    return createHmac('sha256', this.ring.current).update(`token ${mailId}`).digest('base64url');
  }
}
