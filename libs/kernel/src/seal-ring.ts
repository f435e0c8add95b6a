import type { KeyObject } from 'node:crypto';
import { deriveKey } from './derived-key.js';
import { openBytes, sealBytes } from './sealed-bytes.js';

/** Seals under a key of the first of a server's secrets, and opens what a key of any of them has sealed: so secrets are rotated. */
export class SealRing {
  private readonly keys: readonly [KeyObject, ...KeyObject[]];

  /** @param purpose keeps the keys apart from those that other uses make of the same secrets @throws Error without a secret */
  constructor(
    secrets: readonly Buffer[],
    private readonly purpose: string,
  ) {
    const [first, ...rest] = secrets.map((secret) => deriveKey(secret, purpose));
    if (first === undefined) throw new Error(`no secret for ${purpose}`);
    this.keys = [first, ...rest];
  }

  /** Of the first secret. */
  get current(): KeyObject {
    return this.keys[0];
  }

  /** Under the first secret; as `sealBytes`. */
  seal(bytes: Buffer): Buffer {
    return sealBytes(this.current, bytes);
  }

  /** @throws Error where the bytes were altered, or sealed under a secret that is none of these */
  open(sealed: Buffer): Buffer {
    for (const key of this.keys) {
      try {
        return openBytes(key, sealed);
      } catch {
        // Sealed under another secret of the ring.
      }
    }
    throw new Error(`what was sealed for ${this.purpose} was altered, or its secret is not known any more`);
  }
}
