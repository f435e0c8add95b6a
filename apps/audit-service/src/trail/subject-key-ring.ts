import { createSecretKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SealRing, uniqueBytes } from '@plinth/kernel';
import type { SubjectKeys } from './personal-values.js';

/** Injection token of the ring of `SUBJECT_KEY_ENCRYPTION_KEY`, which is not in PostgreSQL. */
export const SUBJECT_KEY_SEAL = Symbol('plinth.subject-key-seal');

/** What wraps the keys of subjects in this service; other uses of the same secrets have other keys. */
export const subjectKeySeal = (secrets: readonly Buffer[]) => new SealRing(secrets, 'plinth audit subject key v1');

/** A row of `audit.subject_key`. */
export interface SubjectKeyRow {
  readonly subject: string;
  /** Null where it was destroyed. */
  readonly wrapped: Buffer | null;
}

const keyBytes = 32;

/** Makes and opens the keys of subjects. */
@Injectable()
export class SubjectKeyRing {
  constructor(@Inject(SUBJECT_KEY_SEAL) private readonly seal: SealRing) {}

  /** A new key, wrapped: AES-256's. */
  make(): Buffer {
    return this.seal.seal(uniqueBytes(keyBytes));
  }

  /** A key that was altered, or whose secret is not in the ring any more, is none: its values cannot be read and are no erased ones. */
  open(rows: readonly SubjectKeyRow[]): SubjectKeys {
    const keys = new Map<string, KeyObject | 'destroyed' | undefined>(rows.map(({ subject, wrapped }) => [subject, wrapped === null ? 'destroyed' : this.unwrap(wrapped)]));
    return { find: (subject) => keys.get(subject) };
  }

  private unwrap(wrapped: Buffer): KeyObject | undefined {
    try {
      return createSecretKey(this.seal.open(wrapped));
    } catch {
      return undefined;
    }
  }
}
