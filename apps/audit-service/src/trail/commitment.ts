import { createHmac, createSecretKey } from 'node:crypto';
import { canonicalJson, type JsonObject, type JsonValue } from './canonical-json.js';

/** Bytes of a salt. Fixed, because HMAC pads shorter keys with zeros: of two lengths, two salts could be one key. */
export const saltBytes = 32;

/**
 * The salted commitment of one personal value: HMAC-SHA-256 under the salt over the RFC 8785 JSON of the value, as
 * lower-case hex. It tells nothing about the value once the salt is gone, and no second value fits it.
 *
 * @throws NotCanonicalError when the value has no canonical form
 */
export function commitmentOf(salt: Uint8Array, value: JsonValue): string {
  // The same HMAC with the bare bytes as its key takes Node three times as long, and this is done for each personal value.
  return createHmac('sha256', createSecretKey(salt)).update(canonicalJson(value), 'utf8').digest('hex');
}

/** What stands in the hashed content where a personal value stood. */
export function commitmentMember(commitment: string): JsonObject {
  return { $commitment: commitment };
}

/**
 * The name of a plain member in the hashed content: one that is itself called `$commitment` (or so with more dollar
 * signs) gets one more `$`, so that no plain value can pass for a commitment, and distinct names stay distinct.
 */
export function plainMemberName(name: string): string {
  return /^\$+commitment$/.test(name) ? `$${name}` : name;
}
