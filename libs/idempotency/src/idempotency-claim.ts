import { timingSafeEqual } from 'node:crypto';
import { retention } from '@plinth/contracts';
import type { Statement, TransactionOpening } from '@plinth/database';
import type { AnswerClaim, EncodedAnswer } from '@plinth/http';
import { newSalt, openAnswer, sealAnswer } from './answer-cipher.js';
import { idempotencyErrors } from './idempotency.errors.js';
import { namesUnder, type ClaimRequest, type RequestNames } from './request-names.js';

/** What `claim_keys` answers. */
interface ClaimRow {
  /** Whether we hold the lock of each name now. */
  readonly locked: boolean;
  /** Null where there is no live record, and all that follows too. */
  readonly key_hash: Buffer | null;
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
export const keptForSeconds = retention.idempotencyRecordsMs / 1000;

/**
 * One request's claim on its key. It rides on the transaction of the effect: BEGIN, the advisory lock
 * and the look-up are one round trip, the finished record is one INSERT before the commit. Nobody
 * waits, and a crash leaves nothing behind.
 */
export class IdempotencyClaim implements AnswerClaim, TransactionOpening {
  readonly settings: Readonly<Record<string, string>>;
  readonly statements: readonly Statement[];
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
    const hashes = this.names.map(({ keyHash }) => keyHash);
    this.settings = { 'plinth.idempotency_keys': hashes.map((hash) => hash.toString('hex')).join(',') };
    // A failed try of a lock is the 409: nobody waits for it.
    this.statements = [{ sql: `SELECT * FROM ${schema}.claim_keys($1, $2)`, parameters: [hashes, hashes.map((hash) => String(hash.readBigInt64BE(0)))] }];
  }

  /** @throws AnswerKept, Problem `idempotency_key_reused` (422), Problem `idempotency_in_progress` or `outcome_unknown` (409) */
  opened([rows]: readonly (readonly Record<string, unknown>[])[]): void {
    const row = rows?.[0] as ClaimRow | undefined;
    // The record first: where it is committed, whoever still holds the lock is only replaying too.
    if (row !== undefined && row.key_hash !== null) throw this.outcomeOf(row, row.key_hash);
    if (row?.locked !== true) throw idempotencyErrors.inProgress();
  }

  /** Seals the answer; the statement keeps it for `keptForSeconds`, in the transaction of the effect, which this claim has opened. */
  keeping(answer: EncodedAnswer): Statement {
    const { secret, keyHash, fingerprint } = this.current;
    const salt = newSalt();
    const sealed = sealAnswer(answer, secret, salt, this.request.clientKey);
    return { sql: keepAnswer(this.schema), parameters: [keyHash, fingerprint, salt, sealed, keptForSeconds] };
  }

  /** Null for every error but the one that `opened` throws for a kept answer. */
  replayOf(error: unknown): EncodedAnswer | null {
    return error instanceof AnswerKept ? error.answer : null;
  }

  private outcomeOf({ fingerprint, salt, answer, leased }: ClaimRow, recordedUnder: Buffer): Error {
    const names = this.names.find(({ keyHash }) => keyHash.equals(recordedUnder));
    if (names === undefined || !same(fingerprint, names.fingerprint)) return idempotencyErrors.keyReused();
    if (answer !== null) return new AnswerKept(openAnswer(answer, names.secret, salt, this.request.clientKey));
    return leased ? idempotencyErrors.inProgress() : idempotencyErrors.outcomeUnknown();
  }
}

/** An expired record that is not purged yet gives way, and so does our own claim; a live one of another cannot be here, for we hold the lock. */
const keepAnswer = (schema: string) => `
  INSERT INTO ${schema}.idempotency_record (key_hash, fingerprint, salt, answer, expires_at)
  VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
  ON CONFLICT (key_hash) DO UPDATE SET fingerprint = excluded.fingerprint, salt = excluded.salt,
    answer = excluded.answer, leased_until = NULL, created_at = now(), expires_at = excluded.expires_at`;

function same(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
