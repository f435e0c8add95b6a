import { Injectable } from '@nestjs/common';
import { Transactor, type Conn, type Tx } from '@plinth/database';

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
  constructor(private readonly transactor: Transactor) {}

  /** Of the principal's own account, which is closed from now on. */
  async insert(tx: Tx, { id, accountId, receiptHash, requestedAt }: NewErasure): Promise<void> {
    await tx.query('INSERT INTO tenancy.erasure (id, account_id, receipt_hash, requested_at, due_at) VALUES ($1, $2, $3, $4, $4)', [id, accountId, receiptHash, requestedAt]);
    await tx.query(`UPDATE tenancy.account SET status = 'erasing', updated_at = $2 WHERE id = $1`, [accountId, requestedAt]);
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
