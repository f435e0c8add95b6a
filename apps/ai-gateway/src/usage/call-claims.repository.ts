import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';

/** A stream that lasts longer keeps its claim, which then answers `outcome_unknown` until the record is there. */
const leaseSeconds = 600;
const keptForSeconds = 86_400;

/** The hashes of the request's key, under each server secret; the first is current (`IdempotencyClaim`). */
const hashes = `string_to_array(current_setting('plinth.idempotency_keys'), ',')`;

/**
 * Waits for the lock that a duplicate's look takes: it then sees the claim or the kept answer, never the
 * moment between the two. The lock is the first 8 bytes of the hash, as `IdempotencyClaim` takes it.
 */
const lockKey = `SELECT pg_advisory_xact_lock(('x' || substr(hash, 1, 16))::bit(64)::bigint) FROM unnest(${hashes}) AS hash`;

/**
 * Claims of keyed calls that are under way. The record of a finished call commits with its answer, but no
 * transaction is open while a model thinks, so that a call that has begun must be known by itself.
 */
@Injectable()
export class CallClaimsRepository {
  /** The state of an earlier call with the key, if one is known. Called under the key's lock. */
  async find(tx: Tx): Promise<'running' | 'lost' | null> {
    const rows = await tx.query<{ running: boolean }>(
      `SELECT leased_until > now() AS running FROM ai.call_claim
       WHERE key_hash IN (SELECT decode(hash, 'hex') FROM unnest(${hashes}) AS hash) AND expires_at > now()`,
    );
    if (rows[0] === undefined) return null;
    return rows[0].running ? 'running' : 'lost';
  }

  async insert(tx: Tx, tenantId: string | null): Promise<void> {
    // The tenant's own leftovers of crashes; there are few.
    await tx.query('DELETE FROM ai.call_claim WHERE expires_at < now()');
    await tx.query(
      `INSERT INTO ai.call_claim (key_hash, tenant_id, leased_until, expires_at)
       VALUES (decode((${hashes})[1], 'hex'), $1, now() + make_interval(secs => $2), now() + make_interval(secs => $3))`,
      [tenantId, leaseSeconds, keptForSeconds],
    );
  }

  async lock(tx: Tx): Promise<void> {
    await tx.query(lockKey);
  }

  async delete(tx: Tx): Promise<void> {
    await tx.query(`DELETE FROM ai.call_claim WHERE key_hash IN (SELECT decode(hash, 'hex') FROM unnest(${hashes}) AS hash)`);
  }

  /** The outcome will not be known: the lease ends now, and the claim stays. */
  async endLease(tx: Tx): Promise<void> {
    await tx.query(`UPDATE ai.call_claim SET leased_until = now() WHERE key_hash IN (SELECT decode(hash, 'hex') FROM unnest(${hashes}) AS hash)`);
  }
}
