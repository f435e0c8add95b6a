import { Injectable } from '@nestjs/common';
import type { Conn, Tx } from '@plinth/database';
import type { LegalHold, NewLegalHold } from './legal-hold.js';
import { legalHoldErrors } from './legal-holds.errors.js';

const columns = `id, tenant_id AS "tenantId", account_id AS "accountId", reason, placed_by AS "placedBy", by_operator AS "byOperator",
  placed_at AS "placedAt", released_at AS "releasedAt", released_by AS "releasedBy", release_reason AS "releaseReason"`;

/** Which holds are listed. */
export interface LegalHoldFilter {
  readonly tenantId?: string | undefined;
  readonly accountId?: string | undefined;
}

@Injectable()
export class LegalHoldsRepository {
  /** Newest first, released ones too. @param before only those older than this one's id */
  async listHolds(conn: Conn, { tenantId, accountId }: LegalHoldFilter, before: string | null, limit: number): Promise<readonly LegalHold[]> {
    return await conn.query<LegalHold>(
      `SELECT ${columns} FROM tenancy.legal_hold
       WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::uuid IS NULL OR account_id = $2) AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
      [tenantId ?? null, accountId ?? null, before, limit],
    );
  }

  async find(conn: Conn, id: string): Promise<LegalHold | null> {
    const [hold] = await conn.query<LegalHold>(`SELECT ${columns} FROM tenancy.legal_hold WHERE id = $1`, [id]);
    return hold ?? null;
  }

  /** Until the commit nobody else releases it. @throws Problem `legal_hold_not_found` (404), also for another tenant's */
  async claim(tx: Tx, id: string): Promise<LegalHold> {
    const [hold] = await tx.query<LegalHold>(`SELECT ${columns} FROM tenancy.legal_hold WHERE id = $1 FOR UPDATE`, [id]);
    if (hold === undefined) throw legalHoldErrors.notFound();
    return hold;
  }

  /** Waits for deletions that are under way; whatever is deleted later sees the hold. */
  async insert(tx: Tx, { id, tenantId, accountId, reason, placedBy, byOperator, placedAt }: NewLegalHold): Promise<void> {
    await tx.query('SELECT tenancy.lock_legal_holds(true)');
    await tx.query('INSERT INTO tenancy.legal_hold (id, tenant_id, account_id, reason, placed_by, by_operator, placed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)', [
      ...[id, tenantId, accountId, reason, placedBy, byOperator, placedAt],
    ]);
  }

  async release(tx: Tx, { id, releasedAt, releasedBy, releaseReason }: LegalHold): Promise<void> {
    await tx.query('UPDATE tenancy.legal_hold SET released_at = $2, released_by = $3, release_reason = $4 WHERE id = $1', [id, releasedAt, releasedBy, releaseReason]);
  }

  /** Those that are not released; over all tenants where none is named. To the end of the transaction none is placed. */
  async listOn(tx: Tx, tenantId: string | null, accountId: string | null): Promise<readonly string[]> {
    await tx.query('SELECT tenancy.lock_legal_holds(false)');
    // A statement of its own, so that it sees what was placed before the lock was had.
    const rows = await tx.query<{ id: string }>('SELECT id FROM tenancy.legal_holds_on($1, $2)', [tenantId, accountId]);
    return rows.map(({ id }) => id);
  }

  async isMember(tx: Tx, tenantId: string, accountId: string): Promise<boolean> {
    return (await tx.query('SELECT FROM tenancy.membership WHERE tenant_id = $1 AND account_id = $2', [tenantId, accountId])).length > 0;
  }

  /** Of the transaction's tenant. */
  async isTenant(tx: Tx, tenantId: string): Promise<boolean> {
    return (await tx.query('SELECT FROM tenancy.tenant WHERE id = $1', [tenantId])).length > 0;
  }
}
