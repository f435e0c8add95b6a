import { Injectable } from '@nestjs/common';
import type { Conn, Tx } from '@plinth/database';
import { policiesInForce } from '../policies/policies.repository.js';

export interface ConsentRow {
  readonly id: string;
  readonly document: string;
  readonly version: string;
  readonly givenAt: Date;
  readonly ip: string | null;
  readonly textSha256: string | null;
  readonly withdrawnAt: Date | null;
}

export interface NewConsent {
  readonly id: string;
  readonly document: string;
  readonly version: string;
  readonly textSha256: string | null;
}

export interface OutstandingConsent {
  readonly document: string;
  readonly version: string;
  readonly title: string;
  readonly dueAt: Date;
}

/**
 * Required documents whose version in force an account has not agreed to, and from when on it makes no changes for that.
 *
 * @param account an expression of SQL
 */
export function outstandingConsents(account: string): string {
  return `SELECT f.document, f.version, f.title, f.effective_from + make_interval(days => f.grace_days) AS due_at FROM (${policiesInForce}) f
    WHERE f.required AND NOT EXISTS (
      SELECT FROM tenancy.consent c WHERE c.account_id = ${account} AND c.document = f.document AND c.document_version = f.version
        AND NOT EXISTS (SELECT FROM tenancy.consent_withdrawal w WHERE w.consent_id = c.id))`;
}

/** Of the principal's own account, what is due first at the top. */
export async function listOutstandingConsents(conn: Conn | Tx, accountId: string): Promise<readonly OutstandingConsent[]> {
  return await conn.query<OutstandingConsent>(`SELECT document, version, title, due_at AS "dueAt" FROM (${outstandingConsents('$1')}) o ORDER BY due_at, document`, [accountId]);
}

@Injectable()
export class ConsentsRepository {
  /** Newest first, those of one moment by their document. Row-level security shows no other's; an account has one for each version of a few documents. */
  async listOf(conn: Conn | Tx, accountId: string): Promise<readonly ConsentRow[]> {
    return await conn.query<ConsentRow>(
      `SELECT c.id, c.document, c.document_version AS version, c.given_at AS "givenAt", c.ip, encode(c.text_sha256, 'hex') AS "textSha256", w.withdrawn_at AS "withdrawnAt"
       FROM tenancy.consent c LEFT JOIN tenancy.consent_withdrawal w ON w.consent_id = c.id
       WHERE c.account_id = $1 ORDER BY c.given_at DESC, c.document, c.id`,
      [accountId],
    );
  }

  /** The account's consents are given and withdrawn one after the other from here to the end of the transaction. */
  async lock(tx: Tx, accountId: string): Promise<void> {
    await tx.query('SELECT FROM tenancy.account WHERE id = $1 FOR NO KEY UPDATE', [accountId]);
  }

  async insert(tx: Tx, accountId: string, consents: readonly NewConsent[], givenAt: Date, ip: string | null): Promise<void> {
    await tx.query(
      `INSERT INTO tenancy.consent (id, account_id, document, document_version, text_sha256, given_at, ip)
       SELECT id, $2, document, version, decode(sha256, 'hex'), $6, $7 FROM unnest($1::uuid[], $3::text[], $4::text[], $5::text[]) AS c (id, document, version, sha256)`,
      [consents.map(({ id }) => id), accountId, consents.map(({ document }) => document), consents.map(({ version }) => version), consents.map(({ textSha256 }) => textSha256), givenAt, ip],
    );
  }

  async withdraw(tx: Tx, accountId: string, consentIds: readonly string[], at: Date, ip: string | null): Promise<void> {
    await tx.query('INSERT INTO tenancy.consent_withdrawal (consent_id, account_id, withdrawn_at, ip) SELECT unnest($1::uuid[]), $2, $3, $4', [consentIds, accountId, at, ip]);
  }
}
