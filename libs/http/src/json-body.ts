import { httpErrors } from './http.errors.js';
import { depthOf, repeatsName } from './json-scan.js';

/** Objects and arrays inside each other, at most (contract: "HTTP"). */
export const maxJsonDepth = 64;

/** A byte order mark is no JSON (RFC 8259, section 8.1), and is not taken off. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a request's body: UTF-8, a JSON object at the top, at most 64 deep, no text and no number that PostgreSQL or
 * another JSON reader could not hold, no name twice in one object (readers differ about which one counts), no name that
 * reaches into JavaScript's prototypes.
 *
 * @returns undefined for an empty body
 * @throws Problem `json_malformed` (400)
 */
export function parseJsonBody(bytes: Buffer): Record<string, unknown> | undefined {
  if (bytes.length === 0) return undefined;
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw httpErrors.jsonMalformed('The body is not valid UTF-8.');
  }
  // Before JSON.parse, so that depth costs a scan and no stack.
  if (depthOf(text) > maxJsonDepth) throw httpErrors.jsonMalformed(`The body is nested more than ${maxJsonDepth} deep.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw httpErrors.jsonMalformed();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw httpErrors.jsonMalformed('The body must be a JSON object.');
  if (repeatsName(text)) throw httpErrors.jsonMalformed('The body has an object with one name twice.');
  refuseUnsafe(value);
  return value as Record<string, unknown>;
}

function refuseUnsafe(value: unknown): void {
  if (typeof value === 'string') refuseUnsafeText(value);
  // Written again, it would be null: a value that nobody sent.
  else if (typeof value === 'number' && !Number.isFinite(value)) throw httpErrors.jsonMalformed('The body has a number that is too large.');
  else if (Array.isArray(value)) value.forEach(refuseUnsafe);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      refuseUnsafeText(name);
      if (name === '__proto__' || (name === 'constructor' && typeof member === 'object' && member !== null && 'prototype' in member)) {
        throw httpErrors.jsonMalformed('The body has a member whose name is not allowed.');
      }
      refuseUnsafe(member);
    }
  }
}

function refuseUnsafeText(text: string): void {
  if (text.includes('\0')) throw httpErrors.jsonMalformed('The body has a NUL character.');
  if (!text.isWellFormed()) throw httpErrors.jsonMalformed('The body has a lone surrogate.');
}
