import { timingSafeEqual } from 'node:crypto';
import type { TransactionOpening, Tx } from '@plinth/database';
import type { AnswerClaim, EncodedAnswer } from '@plinth/http';
import { newSalt, openAnswer, sealAnswer } from './answer-cipher.js';
import { idempotencyErrors } from './idempotency.errors.js';
import { namesUnder, type ClaimRequest, type RequestNames } from './request-names.js';

interface KnownRecord {
  readonly key_hash: Buffer;
  readonly fingerprint: Buffer;
  readonly salt: Buffer;
  /** Null while only claimed (`ExternalClaim`). */
  readonly answer: Buffer | null;
  readonly leased: boolean;
}

/** Thrown out of the first `Transactor.run` of a request whose answer is kept. */
class AnswerKept extends Error {
  constructor(readonly answer: EncodedAnswer) {
    super('the answer of this request is kept');
  }
}

/** How long a key is known, from its claim or its answer on (contract: 24 h). */
export const keptForSeconds = 86_400;

/**
 * One request's claim on its key. It rides on the transaction of the effect: BEGIN, the advisory lock
 * and the look-up are one round trip, the finished record is one INSERT before the commit. Nobody
 * waits, and a crash leaves nothing behind.
 */
export class IdempotencyClaim implements AnswerClaim, TransactionOpening {
  readonly settings: Readonly<Record<string, string>>;
  readonly sql: string;
  protected readonly current: RequestNames;
  private readonly names: readonly RequestNames[];

  /** @param secrets the ring: records are written under the first and found under each, so a rotation forgets nothing */
  constructor(
    protected readonly schema: string,
    secrets: readonly [Buffer, ...Buffer[]],
    protected readonly request: ClaimRequest,
  ) {
    this.current = namesUnder(secrets[0], request);
    this.names = [this.current, ...secrets.slice(1).map((secret) => namesUnder(secret, request))];
    const hashes = this.names.map(({ keyHash }) => keyHash.toString('hex'));
    this.settings = { 'plinth.idempotency_keys': hashes.join(',') };
    // Only hex digits and numbers of ours enter the text. A failed try is the 409: nobody waits for a lock.
    const locks = this.names.map(({ keyHash }) => `pg_try_advisory_xact_lock(${keyHash.readBigInt64BE(0)})`);
    this.sql = `
      SELECT ${locks.join(' AND ')} AS locked;
      SELECT key_hash, fingerprint, salt, answer, leased_until > now() AS leased FROM ${schema}.idempotency_record
        WHERE key_hash IN (${hashes.map((hex) => `'\\x${hex}'`).join(', ')}) AND expires_at > now()`;
  }

  /** @throws AnswerKept, Problem `idempotency_key_reused` (422), Problem `idempotency_in_progress` or `outcome_unknown` (409) */
  opened([lock, records]: readonly (readonly Record<string, unknown>[])[]): void {
    // The record first: where it is committed, whoever still holds the lock is only replaying too.
    const record = records?.[0] as KnownRecord | undefined;
    if (record !== undefined) throw this.outcomeOf(record);
    if (lock?.[0]?.['locked'] !== true) throw idempotencyErrors.inProgress();
  }

  /** Seals the answer and keeps it for `keptForSeconds`. @param tx that of the effect, which this claim has opened */
  async keep(tx: Tx, answer: EncodedAnswer): Promise<void> {
    const { secret, keyHash, fingerprint } = this.current;
    const salt = newSalt();
    // An expired record that is not purged yet gives way, and so does our own claim; a live one of another cannot be
    // here, for we hold the lock.
    await tx.query(
      `INSERT INTO ${this.schema}.idempotency_record (key_hash, fingerprint, salt, answer, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
       ON CONFLICT (key_hash) DO UPDATE SET fingerprint = excluded.fingerprint, salt = excluded.salt,
         answer = excluded.answer, leased_until = NULL, created_at = now(), expires_at = excluded.expires_at`,
      [keyHash, fingerprint, salt, sealAnswer(answer, secret, salt, this.request.clientKey), keptForSeconds],
    );
  }

  /** Null for every error but the one that `opened` throws for a kept answer. */
  replayOf(error: unknown): EncodedAnswer | null {
    return error instanceof AnswerKept ? error.answer : null;
  }

  private outcomeOf({ key_hash, fingerprint, salt, answer, leased }: KnownRecord): Error {
    const names = this.names.find(({ keyHash }) => keyHash.equals(key_hash));
    if (names === undefined || !same(fingerprint, names.fingerprint)) return idempotencyErrors.keyReused();
    if (answer !== null) return new AnswerKept(openAnswer(answer, names.secret, salt, this.request.clientKey));
    return leased ? idempotencyErrors.inProgress() : idempotencyErrors.outcomeUnknown();
  }
}

function same(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
