import { hash } from 'node:crypto';

/** As many buckets as there are thousandths of a percent. */
export const bucketCount = 100_000;

/** Of the digest: 48 bits are exact in a double, and a remainder of so many prefers no bucket by more than 4 in 10^10. */
const digestBytes = 6;

/**
 * The bucket of somebody in a split, 0 to 99,999: the first 6 bytes of SHA-256 over the UTF-8 of `<salt>:<unit>`, read as a
 * big-endian number, modulo 100,000. It is the same in every version, process and language; `bucket.spec.ts` freezes it.
 *
 * @param salt without a colon, so that no two pairs have one text
 * @param unit who is dealt: a targeting key, or a tenant's id
 */
export function bucketOf(salt: string, unit: string): number {
  return hash('sha256', `${salt}:${unit}`, 'buffer').readUIntBE(0, digestBytes) % bucketCount;
}

/** How many buckets a share has. */
export function bucketsOf(percent: number): number {
  return Math.round((percent * bucketCount) / 100);
}
