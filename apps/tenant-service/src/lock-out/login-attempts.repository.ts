import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import { accountRule, addressRule, forgottenAfterSeconds, knownForDays, type LockOutRule } from './lock-out-rules.js';

/** Under which a try is counted. */
export interface AttemptKeys {
  /** Of the account, from this address. */
  readonly address: Buffer;
  /** Of the account, from all addresses that are not known. */
  readonly account: Buffer;
  /** There where the address has signed in to the account. */
  readonly known: Buffer;
}

/** What becomes of a try that is counted. */
export interface CountedAttempt {
  /** How long to wait still, in seconds; 0 where the try may go on. */
  readonly waitSeconds: number;
  /** Whether the next one has to wait if this one fails. */
  readonly locks: boolean;
}

interface CountedRow {
  /** Null where it is locked. */
  readonly addressLocks: boolean | null;
  readonly addressWait: number | null;
  readonly known: boolean;
  /** Null where it is locked, or not counted. */
  readonly accountLocks: boolean | null;
  readonly accountWait: number | null;
}

/** A row that is locked is not counted on, so that an attacker cannot draw a wait out by knocking. */
const counting = ({ free, firstWaitSeconds, mostWaitSeconds }: LockOutRule) => `
  ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN attempt.last_at < now() - make_interval(secs => ${forgottenAfterSeconds}) THEN 1 ELSE attempt.failures + 1 END,
    last_at = now(),
    locked_until = CASE WHEN attempt.failures + 1 >= ${free} AND attempt.last_at >= now() - make_interval(secs => ${forgottenAfterSeconds})
      THEN now() + make_interval(secs => least(${mostWaitSeconds}, ${firstWaitSeconds} * power(2, least(attempt.failures + 1 - ${free}, 20)))) END
  WHERE attempt.locked_until IS NULL OR attempt.locked_until <= now()
  RETURNING locked_until IS NOT NULL AS locks`;

/** In seconds, of a row that was locked before the statement; 0 for another. */
const waitOf = (key: string) => `(SELECT coalesce(greatest(0, ceil(extract(epoch FROM locked_until - now()))), 0)::int FROM tenancy.login_attempt WHERE key = ${key})`;

/** Always in the order address, account, so that two that count the same rows wait and do not deadlock. */
const count = `
  WITH known AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM tenancy.login_attempt WHERE key = $3 AND last_at > now() - make_interval(days => ${knownForDays})) AS is
  ), address AS (
    INSERT INTO tenancy.login_attempt AS attempt (key, kind, failures, last_at, locked_until) VALUES ($1, 'address', 1, now(), NULL) ${counting(addressRule)}
  ), account AS (
    INSERT INTO tenancy.login_attempt AS attempt (key, kind, failures, last_at, locked_until)
    SELECT $2, 'account', 1, now(), NULL FROM known WHERE NOT known.is AND EXISTS (SELECT FROM address) ${counting(accountRule)}
  )
  SELECT address.locks AS "addressLocks", ${waitOf('$1')} AS "addressWait", known.is AS known, account.locks AS "accountLocks", ${waitOf('$2')} AS "accountWait"
  FROM known LEFT JOIN address ON true LEFT JOIN account ON true`;

/**
 * Before a sign-in as the system: it knows neither tenant nor principal yet.
 *
 * @ruleExempt idempotency: a try counts whatever becomes of its request, each repetition too, so it has a transaction of its own
 */
@Injectable()
export class LoginAttemptsRepository {
  /** As if the try had failed: of many at once no more than are free get through. What is counted is locked until the commit; nothing may be kept where there is to be waited. */
  async count(tx: Tx, { address, account, known }: AttemptKeys): Promise<CountedAttempt> {
    const [row] = await tx.queryPrepared<CountedRow>(count, [address, account, known]);
    if (row === undefined) throw new Error('a statement that has a row always has none');
    const addressWait = row.addressLocks === null ? Math.max(1, row.addressWait ?? 0) : 0;
    const ofAccount = row.known ? 0 : (row.accountWait ?? 0);
    // Locked by another at this moment: it says so with its next try.
    const accountWait = !row.known && row.addressLocks !== null && row.accountLocks === null ? Math.max(1, ofAccount) : ofAccount;
    return { waitSeconds: Math.max(addressWait, accountWait), locks: row.addressLocks === true || row.accountLocks === true };
  }

  /** In a transaction of the application's: the count of the address begins anew, one try of the account is taken back where the address was not known, which it is now. */
  async takeBack(tx: Tx, { address, account, known }: AttemptKeys): Promise<void> {
    await tx.queryPrepared('SELECT tenancy.take_back_login_attempt($1, $2, $3, $4)', [address, account, known, knownForDays]);
  }
}
