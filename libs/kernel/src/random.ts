import { randomFillSync } from 'node:crypto';

/** Fetched at once: the call costs more than all that is done with a few bytes. */
const pool = Buffer.alloc(4096);
let left = 0;

/**
 * Random bytes for what must be unique and is no secret: ids, salts, nonces. They come from the system's generator, and each is
 * handed out once. What is a secret is better drawn alone (`randomBytes`), so that it lies in no memory but its own.
 *
 * @param count from 0 to 4096
 */
export function uniqueBytes(count: number): Buffer {
  if (count > pool.length) throw new RangeError(`at most ${pool.length} bytes at once`);
  if (left < count) left = randomFillSync(pool).length;
  left -= count;
  return Buffer.from(pool.subarray(left, left + count));
}
