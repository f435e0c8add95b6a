import canonicalize from 'canonicalize';

/** A value that came from, or can go to, JSON text. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export type JsonObject = { [key: string]: JsonValue };

/** The value has no RFC 8785 form, so nothing can be hashed or recorded. */
export class NotCanonicalError extends Error {
  override readonly name = 'NotCanonicalError';
}

/**
 * The RFC 8785 (JSON Canonicalization Scheme) text of a value: keys sorted by UTF-16 code units, ECMAScript numbers,
 * no white space. Encode it as UTF-8 to get the bytes that are hashed.
 *
 * @throws NotCanonicalError on undefined, functions, NaN, infinities, lone surrogates and cycles
 */
export function canonicalJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw new NotCanonicalError(cause instanceof Error ? cause.message : 'The value has no canonical form', { cause });
  }
  if (text === undefined) throw new NotCanonicalError('The value has no JSON form');
  return text;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
