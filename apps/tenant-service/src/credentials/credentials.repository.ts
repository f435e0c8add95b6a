import { Injectable } from '@nestjs/common';
import type { CredentialKind } from '@plinth/contracts';
import { isUniqueViolation, Transactor, type Conn, type Tx } from '@plinth/database';
import { warnedBeforeMs, type Credential, type CredentialStatus } from './credential.js';
import { credentialErrors } from './credentials.errors.js';

const columns = `c.id, c.tenant_id AS "tenantId", c.account_id AS "accountId", c.kind, c.issuer, to_char(c.issued_on, 'YYYY-MM-DD') AS "issuedOn", to_char(c.expires_on, 'YYYY-MM-DD') AS "expiresOn",
  c.expires_at AS "expiresAt", c.status, c.submitted_at AS "submittedAt", c.decided_at AS "decidedAt", c.decided_by AS "decidedBy", c.reason, c.warned_at AS "warnedAt", c.version`;

/** A list narrows with each. */
export interface CredentialFilter {
  readonly accountId: string | null;
  readonly status: CredentialStatus | null;
  readonly kind: CredentialKind | null;
  /** A date: those whose last day is this one or an earlier one. */
  readonly expiresUntil: string | null;
}

@Injectable()
export class CredentialsRepository {
  constructor(private readonly transactor: Transactor) {}

  /** @throws Problem `credential_waiting` (409) where one of the kind waits already */
  async insert(tx: Tx, credential: Credential, sealed: Buffer): Promise<void> {
    const { id, tenantId, accountId, kind, issuer, issuedOn, expiresOn, expiresAt, status, submittedAt, version } = credential;
    try {
      await tx.query(
        `INSERT INTO tenancy.credential (id, tenant_id, account_id, kind, sealed, issuer, issued_on, expires_on, expires_at, status, submitted_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        [id, tenantId, accountId, kind, sealed, issuer, issuedOn, expiresOn, expiresAt, status, submittedAt, version],
      );
    } catch (error) {
      throw isUniqueViolation(error, 'credential_waiting_unique') ? credentialErrors.waiting() : error;
    }
  }

  /** What may become of one; the rest stays as it was submitted. */
  async save(tx: Tx, { id, status, decidedAt, decidedBy, reason, warnedAt, version }: Credential): Promise<void> {
    await tx.query('UPDATE tenancy.credential SET status = $2, decided_at = $3, decided_by = $4, reason = $5, warned_at = $6, version = $7 WHERE id = $1', [
      ...[id, status, decidedAt, decidedBy, reason, warnedAt, version],
    ]);
  }

  /** A member's, of the transaction's tenant; until the commit nobody else decides over it. @throws Problem `credential_not_found` (404) */
  async claim(tx: Tx, accountId: string, id: string): Promise<Credential> {
    return found(await tx.query<Credential>(`SELECT ${columns} FROM tenancy.credential c WHERE c.id = $1 AND c.account_id = $2 FOR UPDATE`, [id, accountId]));
  }

  /** With its number, sealed. @throws Problem `credential_not_found` (404) */
  async get(conn: Conn | Tx, accountId: string, id: string): Promise<Credential & { readonly sealed: Buffer }> {
    return found(await conn.query<Credential & { sealed: Buffer }>(`SELECT ${columns}, c.sealed FROM tenancy.credential c WHERE c.id = $1 AND c.account_id = $2`, [id, accountId]));
  }

  /** Newest first; by what each is at that time. @param before only those older than this one's id */
  async list(conn: Conn, tenantId: string, { accountId, status, kind, expiresUntil }: CredentialFilter, now: Date, before: string | null, limit: number): Promise<readonly Credential[]> {
    return await conn.query<Credential>(
      `SELECT ${columns} FROM tenancy.credential c
       WHERE c.tenant_id = $1 AND ($2::uuid IS NULL OR c.account_id = $2) AND ($3::text IS NULL OR c.kind = $3) AND ($4::date IS NULL OR c.expires_on <= $4)
         AND ($5::text IS NULL OR CASE WHEN c.status = 'verified' AND c.expires_at <= $6 THEN 'expired' ELSE c.status END = $5)
         AND ($7::uuid IS NULL OR c.id < $7) ORDER BY c.id DESC LIMIT $8`,
      [tenantId, accountId, kind, expiresUntil, status, now, before, limit],
    );
  }

  /** A system query: those that have expired, or whose member is to be told that they soon will, the first ones first. */
  async listEnding(now: Date, limit: number): Promise<readonly { readonly id: string; readonly tenantId: string; readonly accountId: string }[]> {
    return await this.transactor.readSystem('ending_credentials', (conn) =>
      conn.query<{ id: string; tenantId: string; accountId: string }>(
        `SELECT c.id, c.tenant_id AS "tenantId", c.account_id AS "accountId" FROM tenancy.credential c
         WHERE c.status = 'verified' AND (c.expires_at <= $1 OR (c.warned_at IS NULL AND c.expires_at <= $2)) ORDER BY c.expires_at LIMIT $3`,
        [now, new Date(now.getTime() + warnedBeforeMs), limit],
      ),
    );
  }
}

function found<C extends Credential>([credential]: readonly C[]): C {
  if (credential === undefined) throw credentialErrors.notFound();
  return credential;
}
