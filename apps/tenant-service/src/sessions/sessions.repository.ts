import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';

export interface NewSession {
  readonly id: string;
  readonly accountId: string;
  readonly refreshTokenHash: Buffer;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

@Injectable()
export class SessionsRepository {
  async insert(tx: Tx, session: NewSession): Promise<void> {
    await tx.query('INSERT INTO tenancy.session (id, account_id, refresh_token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)', [
      session.id,
      session.accountId,
      session.refreshTokenHash,
      session.createdAt,
      session.expiresAt,
    ]);
  }

  /** @returns false where the session has ended before, or is not the caller's: row-level security hides it */
  async revoke(tx: Tx, id: string, at: Date): Promise<boolean> {
    const revoked = await tx.query('UPDATE tenancy.session SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id', [id, at]);
    return revoked.length > 0;
  }
}
