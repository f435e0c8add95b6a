import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import { forgottenAfterSeconds, knownForDays, type LockOutRule } from './lock-out-rules.js';

/** What becomes of a try that is counted. */
export interface CountedAttempt {
  /** How long to wait still, in seconds; 0 where the try may go on. */
  readonly waitSeconds: number;
  /** Whether the next one has to wait if this one fails. */
  readonly locks: boolean;
}

/**
 * Counts the try before it is made, as if it had failed: of many at once no more than are free get through. A row that is locked is not
 * counted on, so that an attacker cannot draw a wait out by knocking.
 */
const count = `
  INSERT INTO tenancy.login_attempt AS attempt (key, kind, failures, last_at, locked_until)
  VALUES ($1, $2, 1, now(), NULL)
  ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN attempt.last_at < now() - make_interval(secs => ${forgottenAfterSeconds}) THEN 1 ELSE attempt.failures + 1 END,
    last_at = now(),
    locked_until = CASE WHEN attempt.failures + 1 >= $3 AND attempt.last_at >= now() - make_interval(secs => ${forgottenAfterSeconds})
      THEN now() + make_interval(secs => least($5, $4 * power(2, least(attempt.failures + 1 - $3, 20)))) END
  WHERE attempt.locked_until IS NULL OR attempt.locked_until <= now()
  RETURNING locked_until IS NOT NULL AS locks`;

/**
 * All as the system: a sign-in knows neither tenant nor principal yet.
 *
 * @ruleExempt idempotency: a try counts whatever becomes of its request, each repetition too, so it has a transaction of its own
 */
@Injectable()
export class LoginAttemptsRepository {
  async isKnown(tx: Tx, key: Buffer): Promise<boolean> {
    return (await tx.query(`SELECT FROM tenancy.login_attempt WHERE key = $1 AND last_at > now() - make_interval(days => ${knownForDays})`, [key])).length > 0;
  }

  /** Locked until the commit: of two at once the second sees the first. */
  async count(tx: Tx, kind: 'address' | 'account', key: Buffer, { free, firstWaitSeconds, mostWaitSeconds }: LockOutRule): Promise<CountedAttempt> {
    const [counted] = await tx.query<{ locks: boolean }>(count, [key, kind, free, firstWaitSeconds, mostWaitSeconds]);
    if (counted !== undefined) return { waitSeconds: 0, locks: counted.locks };
    const [row] = await tx.query<{ wait: number }>(
      'SELECT greatest(1, ceil(extract(epoch FROM locked_until - now())))::int AS wait FROM tenancy.login_attempt WHERE key = $1',
      [key],
    );
    return { waitSeconds: row?.wait ?? 1, locks: false };
  }

  async forget(tx: Tx, key: Buffer): Promise<void> {
    await tx.query('DELETE FROM tenancy.login_attempt WHERE key = $1', [key]);
  }

  /** Takes back one count. */
  async uncount(tx: Tx, key: Buffer): Promise<void> {
    await tx.query('UPDATE tenancy.login_attempt SET failures = greatest(0, failures - 1), locked_until = NULL WHERE key = $1', [key]);
  }

  async know(tx: Tx, key: Buffer): Promise<void> {
    await tx.query(`INSERT INTO tenancy.login_attempt (key, kind, failures, last_at) VALUES ($1, 'known', 0, now()) ON CONFLICT (key) DO UPDATE SET last_at = now()`, [key]);
  }
}
