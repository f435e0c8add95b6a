import { Injectable } from '@nestjs/common';
import type { Conn, Tx } from '@plinth/database';

/** As it stands while it is used or changed. */
export interface ClaimedFactor {
  readonly sealed: Buffer;
  readonly confirmedAt: Date | null;
  /** Of the last code that was taken; null before the first. */
  readonly usedStep: number | null;
}

/** Of one account: row-level security shows a transaction that of its principal. */
@Injectable()
export class SecondFactorRepository {
  async read(conn: Conn, accountId: string): Promise<{ readonly confirmedAt: Date | null; readonly codesLeft: number } | null> {
    const rows = await conn.query<{ confirmedAt: Date | null; codesLeft: number }>(
      `SELECT confirmed_at AS "confirmedAt", (SELECT count(*)::int FROM tenancy.recovery_code c WHERE c.account_id = f.account_id AND used_at IS NULL) AS "codesLeft"
       FROM tenancy.second_factor f WHERE account_id = $1`,
      [accountId],
    );
    return rows[0] ?? null;
  }

  /** Locked until the commit, so that of two uses of a code the second sees the first. */
  async claim(tx: Tx, accountId: string): Promise<ClaimedFactor | null> {
    const rows = await tx.query<ClaimedFactor & { usedStep: string | null }>(
      'SELECT sealed, confirmed_at AS "confirmedAt", used_step AS "usedStep" FROM tenancy.second_factor WHERE account_id = $1 FOR UPDATE',
      [accountId],
    );
    const [row] = rows;
    return row === undefined ? null : { ...row, usedStep: row.usedStep === null ? null : Number(row.usedStep) };
  }

  /** In the place of one that was never confirmed. @returns false where there is a confirmed one */
  async propose(tx: Tx, accountId: string, sealed: Buffer, at: Date): Promise<boolean> {
    const proposed = await tx.query(
      `INSERT INTO tenancy.second_factor AS f (account_id, sealed, created_at) VALUES ($1, $2, $3)
       ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed, created_at = excluded.created_at WHERE f.confirmed_at IS NULL RETURNING account_id`,
      [accountId, sealed, at],
    );
    return proposed.length > 0;
  }

  async confirm(tx: Tx, accountId: string, usedStep: number, at: Date): Promise<void> {
    await tx.query('UPDATE tenancy.second_factor SET confirmed_at = $2, used_step = $3 WHERE account_id = $1', [accountId, at, usedStep]);
  }

  async useStep(tx: Tx, accountId: string, step: number): Promise<void> {
    await tx.query('UPDATE tenancy.second_factor SET used_step = $2 WHERE account_id = $1', [accountId, step]);
  }

  /** In the place of all that there were. */
  async replaceRecoveryCodes(tx: Tx, accountId: string, hashes: readonly Buffer[]): Promise<void> {
    await tx.query('DELETE FROM tenancy.recovery_code WHERE account_id = $1', [accountId]);
    await tx.query('INSERT INTO tenancy.recovery_code (account_id, code_hash) SELECT $1, unnest($2::bytea[])', [accountId, hashes]);
  }

  /** @returns false where there is no such code, or it was used */
  async useRecoveryCode(tx: Tx, accountId: string, hash: Buffer, at: Date): Promise<boolean> {
    const used = await tx.query('UPDATE tenancy.recovery_code SET used_at = $3 WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL RETURNING account_id', [accountId, hash, at]);
    return used.length > 0;
  }

  async remove(tx: Tx, accountId: string): Promise<void> {
    await tx.query('DELETE FROM tenancy.recovery_code WHERE account_id = $1', [accountId]);
    await tx.query('DELETE FROM tenancy.second_factor WHERE account_id = $1', [accountId]);
  }
}
