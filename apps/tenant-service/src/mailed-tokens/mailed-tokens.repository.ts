import { Injectable } from '@nestjs/common';
import { Transactor, type Tx } from '@plinth/database';
import { hashMailedToken, mailedTokenLimits, type MailedTokenPurpose } from './mailed-token.js';

export interface NewMailedToken {
  readonly token: string;
  readonly purpose: MailedTokenPurpose;
  readonly accountId: string;
  /** Where it is sent. */
  readonly email: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** A token as it stands while it is used. */
export interface ClaimedToken {
  /** Where it was sent. */
  readonly email: string;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  /** Whether the address that it was sent to is the account's still. */
  readonly ofAddress: boolean;
}

/** Tokens of one account: row-level security shows a transaction those of its principal. */
@Injectable()
export class MailedTokensRepository {
  constructor(private readonly transactor: Transactor) {}

  /** The same token again changes nothing: a mail that is sent once more carries the one that it did. @returns false where the account was sent too many lately */
  async insert(tx: Tx, { token, purpose, accountId, email, createdAt, expiresAt }: NewMailedToken): Promise<boolean> {
    const hash = hashMailedToken(token);
    // One at a time for an account, or two mails at once would not see each other.
    await tx.query('SELECT id FROM tenancy.account WHERE id = $1 FOR UPDATE', [accountId]);
    const sent = await tx.query<{ createdAt: Date }>(
      `SELECT created_at AS "createdAt" FROM tenancy.mailed_token WHERE account_id = $1 AND purpose = $2 AND token_hash <> $3 AND created_at > $4::timestamptz - interval '1 hour'`,
      [accountId, purpose, hash, createdAt],
    );
    const tooMany = mailedTokenLimits.some(({ withinMs, most }) => sent.filter((one) => createdAt.getTime() - one.createdAt.getTime() < withinMs).length >= most);
    if (tooMany) return false;
    await tx.query(
      `INSERT INTO tenancy.mailed_token (token_hash, purpose, account_id, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (token_hash) DO NOTHING`,
      [hash, purpose, accountId, email, createdAt, expiresAt],
    );
    return true;
  }

  /** A system query: who follows a link has nothing but the token. @returns the account's id */
  async findHolder(token: string): Promise<string | null> {
    const rows = await this.transactor.readSystem('account_of_mailed_token', (conn) =>
      conn.query<{ accountId: string }>('SELECT account_id AS "accountId" FROM tenancy.mailed_token WHERE token_hash = $1', [hashMailedToken(token)]),
    );
    return rows[0]?.accountId ?? null;
  }

  /** Locked until the commit, so that of two uses the second sees the first. */
  async claim(tx: Tx, token: string, purpose: MailedTokenPurpose): Promise<ClaimedToken | null> {
    const rows = await tx.query<ClaimedToken>(
      `SELECT t.expires_at AS "expiresAt", t.used_at AS "usedAt", t.email, t.email = a.email AS "ofAddress"
       FROM tenancy.mailed_token t JOIN tenancy.account a ON a.id = t.account_id WHERE t.token_hash = $1 AND t.purpose = $2 FOR UPDATE OF t`,
      [hashMailedToken(token), purpose],
    );
    return rows[0] ?? null;
  }

  /** With it all others of the purpose are used up: an older mail opens nothing any more. */
  async useAll(tx: Tx, accountId: string, purpose: MailedTokenPurpose, at: Date): Promise<void> {
    await tx.query('UPDATE tenancy.mailed_token SET used_at = $3 WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL', [accountId, purpose, at]);
  }
}
