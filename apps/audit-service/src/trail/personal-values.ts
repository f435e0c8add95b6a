import type { KeyObject } from 'node:crypto';
import { openBytes, sealBytes } from '@plinth/kernel';
import { isJsonObject, type JsonObject, type JsonValue } from './canonical-json.js';
import { commitmentOf } from './commitment.js';
import { ContentError, type ErasedValue, type FreshContent, type PersonalValue, type SealedContent } from './content.js';
import { subjectOf } from './subject-of.js';

/** A personal value as `audit.entry.personal` keeps it; without a ciphertext it came when its subject had been erased. */
export interface KeptValue {
  readonly commitment: string;
  /** Base64 of AES-256-GCM under the key of its subject. */
  readonly ciphertext?: string;
}

/** The keys of the subjects of some entries of one log. */
export interface SubjectKeys {
  /** `destroyed` after an erasure; undefined where there is none, which no entry of ours is without. */
  find(subject: string): KeyObject | 'destroyed' | undefined;
}

/** @throws Error where the key of a subject is not among them */
export function encryptPersonal({ visible, personal }: FreshContent, keys: SubjectKeys): Record<string, KeptValue> {
  return Object.fromEntries(Object.entries(personal).map(([pointer, value]) => [pointer, encrypted(value, keys.find(subjectOf(pointer, visible)))]));
}

function encrypted({ salt, value }: PersonalValue, key: ReturnType<SubjectKeys['find']>): KeptValue {
  if (key === undefined) throw new Error('a subject has no key');
  const commitment = commitmentOf(Buffer.from(salt, 'hex'), value);
  if (key === 'destroyed') return { commitment };
  const plain = Buffer.from(JSON.stringify({ salt, value }), 'utf8');
  return { commitment, ciphertext: sealBytes(key, plain).toString('base64') };
}

/**
 * What `encryptPersonal` has made, strictly, and what earlier versions kept unencrypted. Of an erased subject only the commitments are left.
 *
 * @throws ContentError where it is not as it was written, or its key is not there
 */
export function decryptPersonal(visible: SealedContent['visible'], kept: JsonObject, keys: SubjectKeys): SealedContent['personal'] {
  return Object.fromEntries(Object.entries(kept).map(([pointer, value]) => [pointer, decrypted(value, () => keys.find(subjectOf(pointer, visible)))]));
}

/** The subjects without whose keys a row's personal values cannot be read. */
export function subjectsOf(visible: SealedContent['visible'], kept: JsonObject): string[] {
  return Object.keys(kept).map((pointer) => subjectOf(pointer, visible));
}

function decrypted(kept: JsonValue, findKey: () => ReturnType<SubjectKeys['find']>): PersonalValue | ErasedValue {
  if (!isJsonObject(kept)) throw notAsWritten();
  const members = Object.keys(kept).sort().join();
  const { salt, value, commitment, ciphertext } = kept;
  if (members === 'salt,value' && isSalt(salt) && value !== undefined && value !== null) return { salt, value };
  if (!isHash(commitment)) throw notAsWritten();
  const key = findKey();
  if (key === 'destroyed' && (members === 'commitment' || members === 'ciphertext,commitment')) return { commitment };
  if (members !== 'ciphertext,commitment' || typeof ciphertext !== 'string' || key === undefined || key === 'destroyed') throw notAsWritten();
  return opened(key, ciphertext, commitment);
}

function opened(key: KeyObject, ciphertext: string, commitment: string): PersonalValue {
  const sealed = Buffer.from(ciphertext, 'base64');
  if (sealed.toString('base64') !== ciphertext) throw notAsWritten();
  let plain: { readonly salt: string; readonly value: JsonValue };
  try {
    plain = JSON.parse(openBytes(key, sealed).toString('utf8')) as typeof plain;
  } catch {
    throw notAsWritten();
  }
  if (commitmentOf(Buffer.from(plain.salt, 'hex'), plain.value) !== commitment) throw notAsWritten();
  return plain;
}

const isHash = (text: JsonValue | undefined): text is string => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
// A salt has as many bytes as a hash.
const isSalt = isHash;

function notAsWritten(): ContentError {
  return new ContentError('A personal value is not kept as it was written');
}
