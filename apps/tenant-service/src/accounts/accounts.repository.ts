import { Injectable } from '@nestjs/common';
import { isUniqueViolation, Transactor, type Conn, type Tx } from '@plinth/database';
import { outstandingConsents } from '../consents/consents.repository.js';
import type { VerifiedCredential } from '@plinth/http';
import type { TenantStatus } from '../tenants/tenant.entity.js';
import { accountErrors } from './accounts.errors.js';

export interface NewAccount {
  readonly id: string;
  readonly email: string;
  readonly passwordHash: string;
  readonly createdAt: Date;
}

/** What a session needs to know of its account. */
export interface SessionAccount {
  readonly id: string;
  readonly status: string;
  /** Oldest membership first: it is the active one of a login. */
  readonly memberships: readonly { readonly tenantId: string; readonly tenantStatus: TenantStatus; readonly roles: readonly string[]; readonly capabilities: readonly string[]; readonly credentials: readonly VerifiedCredential[] }[];
  /** Empty for everyone but the platform's operators. */
  readonly operatorRoles: readonly string[];
  /** From when on it makes no changes until it agrees to what is in force; null where nothing is outstanding. Operators work under other agreements. */
  readonly consentDueAt: Date | null;
}

/** What login needs to know of an account before it knows a tenant. */
export interface LoginAccount extends SessionAccount {
  readonly email: string;
  readonly passwordHash: string;
}

/** What the sender of mail needs to know of an account. */
export interface MailedAccount {
  readonly id: string;
  readonly status: string;
  readonly emailVerifiedAt: Date | null;
  /** The tenant in whose trail it stands: the oldest membership; null for none. */
  readonly homeTenantId: string | null;
}

const sessionAccount = `a.id, a.status,
  coalesce((SELECT json_agg(json_build_object('tenantId', m.tenant_id, 'tenantStatus', m.tenant_status, 'roles', m.roles, 'capabilities', m.capabilities, 'credentials', m.credentials) ORDER BY m.created_at, m.tenant_id)
            FROM tenancy.member_standing m WHERE m.account_id = a.id), '[]') AS memberships,
  coalesce((SELECT o.roles FROM tenancy.operator o WHERE o.account_id = a.id), '{}') AS "operatorRoles",
  (SELECT min(due_at) FROM (${outstandingConsents('a.id')}) o WHERE NOT EXISTS (SELECT FROM tenancy.operator o WHERE o.account_id = a.id)) AS "consentDueAt"`;

/** Of a hash and the one that the same password was hashed anew as. It is of no other pair, so a change of the password need not touch it. */
const proofOf = (before: string, after: string) => `sha256(convert_to(${before}::text || ' ' || ${after}::text, 'UTF8'))`;

/** Whether a password that was verified by the hash is the account's. */
const verifiedBy = (hash: string) => `(password_hash = ${hash} OR rehash_proof = ${proofOf(hash, 'password_hash')})`;

@Injectable()
export class AccountsRepository {
  constructor(private readonly transactor: Transactor) {}

  /** @throws Problem `email_taken` (409) */
  async insertAccount(tx: Tx, account: NewAccount): Promise<void> {
    await emailTaken(() =>
      tx.query(`INSERT INTO tenancy.account (id, email, password_hash, status, created_at, updated_at) VALUES ($1, $2, $3, 'active', $4, $4)`, [
        ...[account.id, account.email, account.passwordHash, account.createdAt],
      ]),
    );
  }

  /** Of the caller's own account: row-level security shows no other. @throws Error where there is none */
  async getEmail(conn: Conn | Tx, id: string): Promise<string> {
    const [row] = await conn.query<{ email: string }>('SELECT email FROM tenancy.account WHERE id = $1', [id]);
    if (row === undefined) throw new Error('the caller has no account');
    return row.email;
  }

  /** A system query: before sign-in there is neither a tenant nor a principal. */
  async findLoginAccount(email: string): Promise<LoginAccount | null> {
    const rows = await this.transactor.readSystem('account_by_email', (conn) =>
      conn.queryPrepared<LoginAccount>(`SELECT ${sessionAccount}, a.email, a.password_hash AS "passwordHash" FROM tenancy.account a WHERE a.email = $1`, [email]),
    );
    return rows[0] ?? null;
  }

  /** A system query: a mail is for an address, which anybody may have named. */
  async findMailedAccount(email: string): Promise<MailedAccount | null> {
    const rows = await this.transactor.readSystem('account_by_email', (conn) =>
      conn.query<MailedAccount>(
        `SELECT a.id, a.status, a.email_verified_at AS "emailVerifiedAt",
           (SELECT m.tenant_id FROM tenancy.membership m WHERE m.account_id = a.id ORDER BY m.created_at, m.tenant_id LIMIT 1) AS "homeTenantId"
         FROM tenancy.account a WHERE a.email = $1`,
        [email],
      ),
    );
    return rows[0] ?? null;
  }

  /** Of the principal's own account. @returns false where it was verified before */
  async markEmailVerified(tx: Tx, id: string, at: Date): Promise<boolean> {
    const marked = await tx.query<{ id: string }>(
      'WITH marked AS (UPDATE tenancy.account SET email_verified_at = $2, updated_at = $2 WHERE id = $1 AND email_verified_at IS NULL RETURNING id) SELECT id FROM marked',
      [id, at],
    );
    return marked.length > 0;
  }

  /** Of the principal's own account. @throws Error where there is none */
  async getCredentials(conn: Conn, id: string): Promise<{ readonly email: string; readonly passwordHash: string }> {
    const [row] = await conn.query<{ email: string; passwordHash: string }>('SELECT email, password_hash AS "passwordHash" FROM tenancy.account WHERE id = $1', [id]);
    if (row === undefined) throw new Error('the caller has no account');
    return row;
  }

  /**
   * Of the principal's own account: whether it is still as it was when its password was verified, be it that its hash was made anew since. It
   * stays so until the transaction ends.
   */
  async holdAsVerified(tx: Tx, { id, passwordHash }: Pick<LoginAccount, 'id' | 'passwordHash'>): Promise<boolean> {
    const rows = await tx.query(`SELECT FROM tenancy.account WHERE id = $1 AND ${verifiedBy('$2')} AND status = 'active' FOR SHARE`, [id, passwordHash]);
    return rows.length > 0;
  }

  /**
   * Of the principal's own account: the same password under a stronger hash. Call it before `holdAsVerified`, which takes a lesser lock: two that both
   * had it and wanted this one would deadlock. Does nothing where another was faster, or the password has changed.
   */
  async rehashPassword(tx: Tx, id: string, verifiedHash: string, strongerHash: string): Promise<void> {
    await tx.query(`UPDATE tenancy.account SET password_hash = $3, rehash_proof = ${proofOf('$2', '$3')} WHERE id = $1 AND password_hash = $2`, [id, verifiedHash, strongerHash]);
  }

  /** Of the principal's own account. @param knownHash by which the password was verified @returns false where it has another password by now */
  async replacePasswordHash(tx: Tx, id: string, knownHash: string, passwordHash: string, at: Date): Promise<boolean> {
    const replaced = await tx.query<{ id: string }>(
      `WITH replaced AS (UPDATE tenancy.account SET password_hash = $3, updated_at = $4 WHERE id = $1 AND ${verifiedBy('$2')} RETURNING id) SELECT id FROM replaced`,
      [id, knownHash, passwordHash, at],
    );
    return replaced.length > 0;
  }

  /** Of the principal's own account; it is proved, too. @throws Problem `email_taken` (409) */
  async replaceEmail(tx: Tx, id: string, email: string, at: Date): Promise<void> {
    await emailTaken(() => tx.query('UPDATE tenancy.account SET email = $2, email_verified_at = $3, updated_at = $3 WHERE id = $1', [id, email, at]));
  }

  /** Of the principal's own account. */
  async setPasswordHash(tx: Tx, id: string, passwordHash: string, at: Date): Promise<void> {
    await tx.query('UPDATE tenancy.account SET password_hash = $2, updated_at = $3 WHERE id = $1', [id, passwordHash, at]);
  }

  /** A system query: a refresh asks for the account of a session, over all tenants that it belongs to. */
  async findSessionAccount(id: string): Promise<SessionAccount | null> {
    const rows = await this.transactor.readSystem('account_of_session', (conn) =>
      conn.queryPrepared<SessionAccount>(`SELECT ${sessionAccount} FROM tenancy.account a WHERE a.id = $1`, [id]),
    );
    return rows[0] ?? null;
  }
}

async function emailTaken(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw isUniqueViolation(error, 'account_email_unique') ? accountErrors.emailTaken() : error;
  }
}
