import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TransactionOpening, Tx } from '@plinth/database';
import type { AnswerClaim, EncodedAnswer } from '@plinth/http';
import { Problem } from '@plinth/kernel';
import { newSalt, openAnswer, sealAnswer } from './answer-cipher.js';

/** What a request is identified by, and what must be the same on a retry. */
export interface ClaimRequest {
  readonly clientKey: string;
  /** Tenant, principal (or the account that is named), method, route. */
  readonly scope: readonly (string | null)[];
  /** Path, query, conditions and body: all that decides the effect. */
  readonly content: readonly (string | null)[];
}

interface KnownRecord {
  readonly key_hash: Buffer;
  readonly fingerprint: Buffer;
  readonly salt: Buffer;
  readonly answer: Buffer;
}

/** The request's names under one server secret. */
interface Candidate {
  readonly secret: Buffer;
  readonly keyHash: Buffer;
  readonly fingerprint: Buffer;
}

/** Thrown out of the first `Transactor.run` of a request whose answer is kept. */
class AnswerKept extends Error {
  constructor(readonly answer: EncodedAnswer) {
    super('the answer of this request is kept');
  }
}

const keptForSeconds = 86_400;

/**
 * One request's claim on its key. It rides on the transaction of the effect: BEGIN, the advisory lock
 * and the look-up are one round trip, the finished record is one INSERT before the commit. Nobody
 * waits, and a crash leaves nothing behind.
 */
export class IdempotencyClaim implements AnswerClaim, TransactionOpening {
  readonly settings: Readonly<Record<string, string>>;
  readonly sql: string;
  private readonly current: Candidate;
  private readonly candidates: readonly Candidate[];

  /** @param secrets the ring: records are written under the first and found under each, so a rotation forgets nothing */
  constructor(
    private readonly schema: string,
    secrets: readonly [Buffer, ...Buffer[]],
    private readonly request: ClaimRequest,
  ) {
    const candidateOf = (secret: Buffer): Candidate => ({
      secret,
      keyHash: mac(secret, 'key', [request.clientKey, ...request.scope]),
      fingerprint: mac(secret, 'fingerprint', request.content),
    });
    this.current = candidateOf(secrets[0]);
    this.candidates = [this.current, ...secrets.slice(1).map(candidateOf)];
    const hashes = this.candidates.map(({ keyHash }) => keyHash.toString('hex'));
    this.settings = { 'plinth.idempotency_keys': hashes.join(',') };
    // Only hex digits and numbers of ours enter the text. A failed try is the 409: nobody waits for a lock.
    const locks = this.candidates.map(({ keyHash }) => `pg_try_advisory_xact_lock(${keyHash.readBigInt64BE(0)})`);
    this.sql = `
      SELECT ${locks.join(' AND ')} AS locked;
      SELECT key_hash, fingerprint, salt, answer FROM ${schema}.idempotency_record
        WHERE key_hash IN (${hashes.map((hex) => `'\\x${hex}'`).join(', ')}) AND expires_at > now()`;
  }

  /** @throws AnswerKept, Problem `idempotency_key_reused` (422), Problem `idempotency_in_progress` (409) */
  opened([lock, records]: readonly (readonly Record<string, unknown>[])[]): void {
    // The record first: where it is committed, whoever still holds the lock is only replaying too.
    const record = records?.[0] as KnownRecord | undefined;
    if (record !== undefined) throw this.outcomeOf(record);
    if (lock?.[0]?.['locked'] === true) return;
    throw new Problem('idempotency_in_progress', 'conflict', 'The first request with this key is still running.', {
      headers: { 'retry-after': '1' },
    });
  }

  async keep(tx: Tx, answer: EncodedAnswer): Promise<void> {
    const { secret, keyHash, fingerprint } = this.current;
    const salt = newSalt();
    // An expired record that is not purged yet gives way; a live one cannot be here, for we hold the lock.
    await tx.query(
      `INSERT INTO ${this.schema}.idempotency_record (key_hash, fingerprint, salt, answer, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
       ON CONFLICT (key_hash) DO UPDATE SET fingerprint = excluded.fingerprint, salt = excluded.salt,
         answer = excluded.answer, created_at = now(), expires_at = excluded.expires_at`,
      [keyHash, fingerprint, salt, sealAnswer(answer, secret, salt, this.request.clientKey), keptForSeconds],
    );
  }

  replayOf(error: unknown): EncodedAnswer | null {
    return error instanceof AnswerKept ? error.answer : null;
  }

  private outcomeOf(record: KnownRecord): Error {
    const candidate = this.candidates.find(({ keyHash }) => keyHash.equals(record.key_hash));
    if (candidate === undefined || !timingSafeEqual(record.fingerprint, candidate.fingerprint)) {
      return new Problem('idempotency_key_reused', 'invalid', 'This Idempotency-Key was used for another request.');
    }
    return new AnswerKept(openAnswer(record.answer, candidate.secret, record.salt, this.request.clientKey));
  }
}

/** Parts are length-prefixed, so that no two lists give the same text. */
function mac(secret: Buffer, purpose: string, parts: readonly (string | null)[]): Buffer {
  const hmac = createHmac('sha256', secret).update(purpose);
  for (const part of parts) hmac.update(part === null ? '\n-' : `\n${Buffer.byteLength(part)}:${part}`);
  return hmac.digest();
}
