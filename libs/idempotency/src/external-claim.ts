import type { TransactionOpening, Tx } from '@plinth/database';
import type { EncodedAnswer } from '@plinth/http';
import { newSalt } from './answer-cipher.js';
import { IdempotencyClaim, keptForSeconds } from './idempotency-claim.js';
import { outsideKeyOf, type ClaimRequest } from './request-names.js';

/** How a call to the outside ended: with an answer to keep, so that it may be made again, or nobody knows how. */
export type CallOutcome = EncodedAnswer | 'retryable' | 'unknown';

/**
 * A claim that is committed before its effect, because the effect is a call to the outside, during
 * which no transaction is open. Until the answer takes its place the record holds a lease: a repeated
 * request is told that the first one runs, and after the lease that its outcome is unknown.
 */
export class ExternalClaim extends IdempotencyClaim {
  /** Stable over all requests with the key, for other sides that take one. */
  readonly outsideKey: string;

  constructor(
    schema: string,
    secrets: readonly [Buffer, ...Buffer[]],
    request: ClaimRequest,
    private readonly leaseSeconds: number,
  ) {
    super(schema, secrets, request);
    this.outsideKey = outsideKeyOf(secrets[0], request);
  }

  /** For the transactions after the first: they know the key, and ask neither for its lock nor for its record. */
  get reopening(): TransactionOpening {
    return { settings: this.settings, statements: [], opened: () => undefined };
  }

  /** Called in a transaction that this claim has opened, and that so holds the key's lock. */
  async begin(tx: Tx): Promise<void> {
    await tx.query(
      `INSERT INTO ${this.schema}.idempotency_record (key_hash, fingerprint, salt, leased_until, expires_at)
       VALUES ($1, $2, $3, now() + make_interval(secs => $4), now() + make_interval(secs => $5))
       ON CONFLICT (key_hash) DO UPDATE SET fingerprint = excluded.fingerprint, salt = excluded.salt, answer = NULL,
         leased_until = excluded.leased_until, created_at = now(), expires_at = excluded.expires_at`,
      [this.current.keyHash, this.current.fingerprint, newSalt(), this.leaseSeconds, keptForSeconds],
    );
  }

  /** Needs no lock: the row goes from claimed to its end in one statement, so nobody sees it between the two. */
  async end(tx: Tx, outcome: CallOutcome): Promise<void> {
    if (outcome === 'retryable') await this.change(tx, 'expires_at = now()');
    else if (outcome === 'unknown') await this.change(tx, 'leased_until = now()');
    else {
      const { sql, parameters } = this.keeping(outcome);
      await tx.query(sql, parameters);
    }
  }

  /** Of a record that is claimed still: an answer is never taken back. An expired one counts as none, and the purge takes it. */
  private async change(tx: Tx, assignment: 'expires_at = now()' | 'leased_until = now()'): Promise<void> {
    await tx.query(`UPDATE ${this.schema}.idempotency_record SET ${assignment} WHERE key_hash = $1 AND answer IS NULL`, [this.current.keyHash]);
  }
}
