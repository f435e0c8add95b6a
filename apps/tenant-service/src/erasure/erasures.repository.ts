import { Injectable } from '@nestjs/common';
import { Transactor, type Conn, type Tx } from '@plinth/database';
import { ErasureIds } from './erasure-ids.js';

export interface NewErasure {
  readonly id: string;
  readonly accountId: string;
  readonly receiptHash: Buffer;
  readonly requestedAt: Date;
}

/** One that this replica carries out now. */
export interface ClaimedErasure {
  readonly id: string;
  readonly accountId: string;
}

/** One as another service may ask for it. */
export interface KnownErasure {
  readonly id: string;
  readonly accountId: string;
  /** Null until the account is erased here. */
  readonly erasedAt: Date | null;
  /** Null for one from before they were kept. */
  readonly subjects: readonly string[] | null;
}

export interface Erasure {
  readonly id: string;
  readonly accountId: string;
  readonly requestedAt: Date;
  /** Null until the account is erased here. */
  readonly erasedAt: Date | null;
  /** Rows that went, by table. */
  readonly erased: Readonly<Record<string, number>> | null;
}

/**
 * Lock: SKIP LOCKED, so that replicas take different ones. The lease is the new `due_at`: who dies with one in hand leaves it due
 * again. Index: idx_erasure_due.
 */
const claimDue = `
  UPDATE tenancy.erasure erasure SET due_at = now() + make_interval(secs => $2)
  FROM (SELECT id FROM tenancy.erasure WHERE erased_at IS NULL AND due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
  WHERE erasure.id = due.id
  RETURNING erasure.id, erasure.account_id AS "accountId"`;

@Injectable()
export class ErasuresRepository {
  constructor(
    private readonly transactor: Transactor,
    private readonly ids: ErasureIds,
  ) {}

  newId(accountId: string): string {
    return this.ids.make(accountId);
  }

  /** Of the principal's own account, which is closed from now on. */
  async insert(tx: Tx, { id, accountId, receiptHash, requestedAt }: NewErasure): Promise<void> {
    await tx.query('INSERT INTO tenancy.erasure (id, account_id, receipt_hash, requested_at, due_at) VALUES ($1, $2, $3, $4, $4)', [id, accountId, receiptHash, requestedAt]);
    await tx.query(`UPDATE tenancy.account SET status = 'erasing', updated_at = $2 WHERE id = $1`, [accountId, requestedAt]);
  }

  /**
   * In a transaction that speaks for the subject: closes their account for an erasure that was carried out before, and of which nothing is known
   * here.
   *
   * @returns `nobody` where there is no account of theirs, or it is erased or about to be; `unknown` where this service has never made such an erasure
   */
  async insertAgain(tx: Tx, erasure: NewErasure): Promise<'again' | 'nobody' | 'unknown'> {
    const [account] = await tx.query<{ status: string }>('SELECT status FROM tenancy.account WHERE id = $1 FOR UPDATE', [erasure.accountId]);
    if (account === undefined || account.status === 'erasing' || account.status === 'erased') return 'nobody';
    if (!this.ids.isOf(erasure.id, erasure.accountId)) return 'unknown';
    await this.insert(tx, erasure);
    return 'again';
  }

  /** A system query, by id. @param after null from the first on */
  async listFrom(after: string | null, limit: number): Promise<readonly KnownErasure[]> {
    return await this.transactor.readSystem('erasures_of_all', (conn) =>
      conn.query<KnownErasure>('SELECT id, account_id AS "accountId", erased_at AS "erasedAt", subjects FROM tenancy.erasure WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2', [after, limit]),
    );
  }

  /** Of the principal's own erasure. @returns whether it is to be told again: by one of several replicas, and half an hour after the last time */
  async noteToldAgain(tx: Tx, erasureId: string, at: Date): Promise<boolean> {
    const [row] = await tx.query<{ told: boolean }>('SELECT tenancy.tell_erasure_again($1, $2) AS told', [erasureId, at]);
    return row?.told ?? false;
  }

  /** As the system. @param leaseSeconds after which another may take what has not ended */
  async claimDue(tx: Tx, limit: number, leaseSeconds: number): Promise<readonly ClaimedErasure[]> {
    return await tx.query<ClaimedErasure>(claimDue, [limit, leaseSeconds]);
  }

  /** Of the principal's own account. @returns the invitations that went with it */
  async eraseAccount(tx: Tx, erasureId: string, at: Date): Promise<readonly string[]> {
    const [row] = await tx.query<{ done: { invitations: readonly string[] } }>('SELECT tenancy.erase_account($1, $2) AS done', [erasureId, at]);
    return row?.done.invitations ?? [];
  }

  /** With an erasure that has just ended: under which ids others knew the person. */
  async noteSubjects(tx: Tx, erasureId: string, subjects: readonly string[]): Promise<void> {
    await tx.query('SELECT tenancy.note_erased_subjects($1, $2)', [erasureId, subjects]);
  }

  /** A system query: whoever asks has no account any more. */
  async findByReceipt(receiptHash: Buffer): Promise<Erasure | null> {
    const rows = await this.transactor.readSystem('erasure_by_receipt', (conn) =>
      conn.query<Erasure>('SELECT id, account_id AS "accountId", requested_at AS "requestedAt", erased_at AS "erasedAt", erased FROM tenancy.erasure WHERE receipt_hash = $1', [receiptHash]),
    );
    return rows[0] ?? null;
  }

  /** A system query over all tenants of a person: those that would be left without an owner, and have not been given up. */
  async listSolelyOwned(accountId: string): Promise<readonly string[]> {
    const rows = await this.transactor.readSystem('tenants_of_account', (conn) =>
      conn.query<{ id: string }>(
        `SELECT m.tenant_id AS id FROM tenancy.membership m JOIN tenancy.tenant t ON t.id = m.tenant_id
         WHERE m.account_id = $1 AND m.role = 'owner' AND t.status <> 'deactivated'
           AND NOT EXISTS (SELECT FROM tenancy.membership other WHERE other.tenant_id = m.tenant_id AND other.role = 'owner' AND other.account_id <> $1)
         ORDER BY m.tenant_id`,
        [accountId],
      ),
    );
    return rows.map(({ id }) => id);
  }

  /** A system query, as `listSolelyOwned`. */
  async listTenants(accountId: string): Promise<readonly string[]> {
    const rows = await this.transactor.readSystem('tenants_of_account', (conn: Conn) =>
      conn.query<{ id: string }>('SELECT tenant_id AS id FROM tenancy.membership WHERE account_id = $1 ORDER BY tenant_id', [accountId]),
    );
    return rows.map(({ id }) => id);
  }
}
