import { uniqueBytes } from './random.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

let lastMs = 0;
let counter = 0;

/**
 * A UUIDv7 (RFC 9562, section 5.7). Ids made by one process sort in the order in which they were
 * made: the 12 bits of `rand_a` are a counter within the millisecond (method 1 of section 6.2).
 */
export function newId(): string {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    counter = 0;
  } else if (++counter > 0xfff) {
    // The counter is full, or the clock went back: borrow the next millisecond.
    lastMs += 1;
    counter = 0;
  }
  const bytes = uniqueBytes(16);
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Whether the text is a UUID of any version, in the canonical form with hyphens. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
