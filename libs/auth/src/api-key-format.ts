import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = BigInt(ALPHABET.length);
/** 62^22 > 2^128: every UUID fits, and ids have one length. */
const ID_LENGTH = 22;
/** 62^43 > 2^256. */
const SECRET_LENGTH = 43;
/** 62^6 > 2^32. */
const CHECKSUM_LENGTH = 6;
const FORM = new RegExp(`^plk_([a-z]{2,10})_([0-9A-Za-z]{${ID_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);
const UUID_LIMIT = 1n << 128n;

/** Every API key begins so: scanners of leaked secrets look for it, and it tells a key from an access token. */
export const apiKeyPrefix = 'plk_';

/** What an API key tells of itself without its secret. */
export interface ApiKeyParts {
  /** Where it is good for, e.g. `live`. */
  readonly environment: string;
  /** A UUID in canonical form. */
  readonly id: string;
}

/**
 * Makes an API key: `plk_<environment>_<id>_<secret><checksum>`. The id is the UUID's 16 bytes and the
 * checksum the CRC-32 of everything before it, both in base62, so that a typo is found, and a leaked key
 * recognized, without a database.
 *
 * @param environment 2 to 10 lower-case letters
 * @param id a UUID, which names the key's facts
 */
export function newApiKey(environment: string, id: string): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const body = `${apiKeyPrefix}${environment}_${base62(uuidToNumber(id), ID_LENGTH)}_${secret}`;
  const key = body + checksumOf(body);
  if (parseApiKey(key) === null) throw new Error('an API key needs an environment of 2 to 10 lower-case letters and a UUID');
  return key;
}

/** Reads an API key; null for what is none: another form, or a checksum that does not fit. */
export function parseApiKey(text: string): ApiKeyParts | null {
  const [, environment, encodedId] = FORM.exec(text) ?? [];
  if (environment === undefined || encodedId === undefined) return null;
  if (checksumOf(text.slice(0, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH)) return null;
  const number = fromBase62(encodedId);
  // Above it there is no UUID, and two texts must not name one key.
  return number < UUID_LIMIT ? { environment, id: numberToUuid(number) } : null;
}

/**
 * What is stored of a key: SHA-256 of the whole text, lower-case hex. A fast hash is enough, for the
 * secret is random and longer than any search.
 */
export function hashApiKey(key: string): string {
  return hash('sha256', key);
}

function checksumOf(body: string): string {
  return base62(BigInt(crc32(body)), CHECKSUM_LENGTH);
}

function base62(number: bigint, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest /= BASE) text = (ALPHABET[Number(rest % BASE)] ?? '') + text;
  return text;
}

function fromBase62(text: string): bigint {
  let number = 0n;
  for (const character of text) number = number * BASE + BigInt(ALPHABET.indexOf(character));
  return number;
}

function uuidToNumber(id: string): bigint {
  return BigInt(`0x${id.replaceAll('-', '')}`);
}

function numberToUuid(number: bigint): string {
  const hex = number.toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
