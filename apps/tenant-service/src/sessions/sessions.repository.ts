import { Injectable } from '@nestjs/common';
import { Transactor, type Conn, type Tx } from '@plinth/database';
import type { Device } from './device.js';

export interface NewSession {
  readonly id: string;
  readonly accountId: string;
  /** Of what its holder shows: a refresh token, or a browser's cookie. */
  readonly credential: { readonly kind: 'token' | 'cookie'; readonly hash: Buffer };
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly secondFactor: boolean;
  readonly device: Device;
}

/** A session of the caller's. */
export interface Session {
  readonly id: string;
  readonly createdAt: Date;
  /** Null before the first refresh. */
  readonly refreshedAt: Date | null;
  readonly expiresAt: Date;
}

/** As it stands while it is refreshed. */
export interface ClaimedSession extends Session {
  readonly refreshTokenHash: Buffer;
  readonly revokedAt: Date | null;
  /** Whether its owner has shown the second factor in it. */
  readonly secondFactor: boolean;
}

/** As it stands when its cookie comes. */
export interface BrowserSession extends Session {
  readonly accountId: string;
  readonly revokedAt: Date | null;
  readonly secondFactor: boolean;
}

/** A token that was exchanged for another. */
export interface UsedRefreshToken {
  readonly usedAt: Date;
  /** Sealed under the used token (`openSuccessor`). */
  readonly successor: Buffer;
}

const columns = 'id, created_at AS "createdAt", refreshed_at AS "refreshedAt", expires_at AS "expiresAt"';

@Injectable()
export class SessionsRepository {
  constructor(private readonly transactor: Transactor) {}

  async insert(tx: Tx, session: NewSession): Promise<void> {
    const { kind, hash } = session.credential;
    const column = kind === 'cookie' ? 'cookie_hash' : 'refresh_token_hash';
    await tx.query(`INSERT INTO tenancy.session (id, account_id, ${column}, created_at, expires_at, second_factor, user_agent, ip) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, [
      ...[session.id, session.accountId, hash, session.createdAt, session.expiresAt, session.secondFactor, session.device.userAgent, session.device.ip],
    ]);
  }

  /** The caller's sessions that have not ended, the newest first. */
  async listOpen(conn: Conn, accountId: string, now: Date): Promise<(Session & Device)[]> {
    return await conn.query<Session & Device>(
      `SELECT ${columns}, user_agent AS "userAgent", ip FROM tenancy.session WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY id DESC`,
      [accountId, now],
    );
  }

  /** A system query: a refresh knows neither tenant nor principal before it has found the session. @param tokenHash of its current token, or of a used one */
  async findHolder(tokenHash: Buffer): Promise<{ readonly sessionId: string; readonly accountId: string } | null> {
    const rows = await this.transactor.readSystem('session_by_refresh_token', (conn) =>
      conn.query<{ sessionId: string; accountId: string }>(
        `SELECT s.id AS "sessionId", s.account_id AS "accountId" FROM tenancy.session s
         WHERE s.id = coalesce((SELECT id FROM tenancy.session WHERE refresh_token_hash = $1),
                               (SELECT session_id FROM tenancy.used_refresh_token WHERE token_hash = $1))`,
        [tokenHash],
      ),
    );
    return rows[0] ?? null;
  }

  /** Locked until the commit, so that of two refreshes with one token the second sees the first. */
  async claimSession(tx: Tx, id: string): Promise<ClaimedSession | null> {
    const rows = await tx.query<ClaimedSession>(
      `SELECT ${columns}, refresh_token_hash AS "refreshTokenHash", revoked_at AS "revokedAt", second_factor AS "secondFactor" FROM tenancy.session WHERE id = $1 FOR UPDATE`,
      [id],
    );
    return rows[0] ?? null;
  }

  async findUsedToken(tx: Tx, tokenHash: Buffer): Promise<UsedRefreshToken | null> {
    const rows = await tx.query<UsedRefreshToken>('SELECT used_at AS "usedAt", successor FROM tenancy.used_refresh_token WHERE token_hash = $1', [tokenHash]);
    return rows[0] ?? null;
  }

  /** Exchanges the session's token for its successor; the used one stays known. */
  async rotate(tx: Tx, session: { readonly id: string; readonly accountId: string; readonly expiresAt: Date }, used: { readonly hash: Buffer; readonly successor: Buffer; readonly successorHash: Buffer }, at: Date): Promise<void> {
    await tx.query('INSERT INTO tenancy.used_refresh_token (token_hash, session_id, account_id, used_at, successor) VALUES ($1, $2, $3, $4, $5)', [
      ...[used.hash, session.id, session.accountId, at, used.successor],
    ]);
    await tx.query('UPDATE tenancy.session SET refresh_token_hash = $2, refreshed_at = $3, expires_at = $4 WHERE id = $1', [
      ...[session.id, used.successorHash, at, session.expiresAt],
    ]);
  }

  /** A system query: a cookie comes without a tenant or a principal. */
  async findByCookie(cookieHash: Buffer): Promise<BrowserSession | null> {
    const rows = await this.transactor.readSystem('session_by_cookie', (conn) =>
      conn.query<BrowserSession>(
        `SELECT ${columns}, account_id AS "accountId", revoked_at AS "revokedAt", second_factor AS "secondFactor" FROM tenancy.session WHERE cookie_hash = $1`,
        [cookieHash],
      ),
    );
    return rows[0] ?? null;
  }

  /** Whether the session is a browser's; it may have ended. */
  async isOfBrowser(tx: Tx, id: string): Promise<boolean> {
    const rows = await tx.query('SELECT FROM tenancy.session WHERE id = $1 AND cookie_hash IS NOT NULL', [id]);
    return rows.length > 0;
  }

  async markSecondFactor(tx: Tx, id: string): Promise<void> {
    await tx.query('UPDATE tenancy.session SET second_factor = true WHERE id = $1', [id]);
  }

  /** @returns false where the session has ended before, or is not the caller's: row-level security hides it */
  async revoke(tx: Tx, id: string, at: Date): Promise<boolean> {
    const revoked = await tx.query('UPDATE tenancy.session SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id', [id, at]);
    return revoked.length > 0;
  }

  /** All of the account that have not ended, in one statement. @param keepId one that goes on @returns those that were ended, the oldest first */
  async revokeAll(tx: Tx, accountId: string, at: Date, keepId: string | null): Promise<string[]> {
    // In the order of the ids, so that two that end the same sessions wait and do not deadlock; by idx_session_account.
    const revoked = await tx.query<{ id: string }>(
      `WITH open AS MATERIALIZED (
         SELECT id FROM tenancy.session WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND id IS DISTINCT FROM $3 ORDER BY id FOR UPDATE
       ), ended AS (
         UPDATE tenancy.session SET revoked_at = $2 WHERE id IN (SELECT id FROM open) RETURNING id
       ) SELECT id FROM ended ORDER BY id`,
      [accountId, at, keepId],
    );
    return revoked.map(({ id }) => id);
  }
}
