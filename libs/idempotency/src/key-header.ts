import { idempotencyErrors } from './idempotency.errors.js';

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/**
 * The client's key: 1 to 255 printable ASCII characters; the quoted form (a structured-field string)
 * and the bare one are equal.
 *
 * @returns null where there is none
 * @throws Problem `idempotency_key_malformed` (400)
 */
export function idempotencyKeyOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const raw = Array.isArray(header) ? header.join(',') : header;
  const key = /^"(.*)"$/.exec(raw)?.[1]?.replace(/\\(["\\])/g, '$1') ?? raw;
  if (!PRINTABLE.test(key)) throw idempotencyErrors.keyMalformed();
  return key;
}
