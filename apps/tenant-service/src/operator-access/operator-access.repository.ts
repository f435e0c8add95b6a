import { Injectable } from '@nestjs/common';
import { isUniqueViolation, Transactor, type Conn, type Tx } from '@plinth/database';
import { operatorAccessErrors } from './operator-access.errors.js';
import type { OperatorAccess } from './operator-access.js';

const columns = `g.id, g.tenant_id AS "tenantId", g.operator_id AS "operatorId", g.capabilities, g.reason, g.minutes, g.status, g.requested_at AS "requestedAt",
  g.answer_by AS "answerBy", g.decided_at AS "decidedAt", g.decided_by AS "decidedBy", g.expires_at AS "expiresAt", g.ended_at AS "endedAt", g.ended_by AS "endedBy", g.cause, g.version`;

/** What a gateway needs to know of an access that holds now. */
export interface LiveAccess {
  readonly grantId: string;
  readonly tenantId: string;
  readonly capabilities: readonly string[];
  readonly expiresAt: string;
  readonly reason: string;
}

@Injectable()
export class OperatorAccessRepository {
  constructor(private readonly transactor: Transactor) {}

  /** @throws Problem `operator_access_open` (409) where the operator has one of the tenant already */
  async insert(tx: Tx, access: OperatorAccess): Promise<void> {
    const { id, tenantId, operatorId, capabilities, reason, minutes, status, requestedAt, answerBy, decidedAt, decidedBy, expiresAt, cause, version } = access;
    try {
      await tx.query(
        `INSERT INTO tenancy.operator_access (id, tenant_id, operator_id, capabilities, reason, minutes, status, requested_at, answer_by, decided_at, decided_by, expires_at, cause, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
        [id, tenantId, operatorId, capabilities, reason, minutes, status, requestedAt, answerBy, decidedAt, decidedBy, expiresAt, cause, version],
      );
    } catch (error) {
      throw isUniqueViolation(error, 'operator_access_open_unique') ? operatorAccessErrors.openAlready() : error;
    }
  }

  /** What may become of one; the rest stays as it was asked for. */
  async save(tx: Tx, { id, status, decidedAt, decidedBy, expiresAt, endedAt, endedBy, cause, version }: OperatorAccess): Promise<void> {
    await tx.query(
      'UPDATE tenancy.operator_access SET status = $2, decided_at = $3, decided_by = $4, expires_at = $5, ended_at = $6, ended_by = $7, cause = $8, version = $9 WHERE id = $1',
      [id, status, decidedAt, decidedBy, expiresAt, endedAt, endedBy, cause, version],
    );
  }

  /** Of the transaction's tenant; until the commit nobody else decides over it. @throws Problem `operator_access_not_found` (404) */
  async claim(tx: Tx, id: string): Promise<OperatorAccess> {
    const [access] = await tx.query<OperatorAccess>(`SELECT ${columns} FROM tenancy.operator_access g WHERE g.id = $1 FOR UPDATE`, [id]);
    if (access === undefined) throw operatorAccessErrors.notFound();
    return access;
  }

  /** Those of the transaction's tenant that wait or hold, of one operator or of all; as `claim`. */
  async claimOpen(tx: Tx, tenantId: string, operatorId: string | null): Promise<readonly OperatorAccess[]> {
    return await tx.query<OperatorAccess>(
      `SELECT ${columns} FROM tenancy.operator_access g
       WHERE g.tenant_id = $1 AND ($2::uuid IS NULL OR g.operator_id = $2) AND g.status IN ('requested', 'granted') ORDER BY g.id FOR UPDATE`,
      [tenantId, operatorId],
    );
  }

  /** Newest first. @param before only those older than this one's id */
  async list(conn: Conn, tenantId: string, before: string | null, limit: number): Promise<readonly OperatorAccess[]> {
    return await conn.query<OperatorAccess>(
      `SELECT ${columns} FROM tenancy.operator_access g WHERE g.tenant_id = $1 AND ($2::uuid IS NULL OR g.id < $2) ORDER BY g.id DESC LIMIT $3`,
      [tenantId, before, limit],
    );
  }

  /** A system query: an operator names an access, and it tells of which tenant it is. @throws Problem `operator_access_not_found` (404) */
  async getAnyones(id: string): Promise<OperatorAccess> {
    const rows = await this.transactor.readSystem('operator_access_of_any_tenant', (conn) =>
      conn.query<OperatorAccess>(`SELECT ${columns} FROM tenancy.operator_access g WHERE g.id = $1`, [id]),
    );
    const [access] = rows;
    if (access === undefined) throw operatorAccessErrors.notFound();
    return access;
  }

  /** A system query: what an operator has now, over all tenants; nothing for whoever is none any more. */
  async listLive(operatorId: string, now: Date): Promise<readonly LiveAccess[]> {
    const rows = await this.transactor.readSystem('operator_access_of_any_tenant', (conn) =>
      conn.query<Omit<LiveAccess, 'expiresAt'> & { expiresAt: Date }>(
        `SELECT g.id AS "grantId", g.tenant_id AS "tenantId", g.capabilities, g.expires_at AS "expiresAt", g.reason FROM tenancy.operator_access g
         JOIN tenancy.operator o ON o.account_id = g.operator_id
         WHERE g.operator_id = $1 AND g.status = 'granted' AND g.expires_at > $2 ORDER BY g.id`,
        [operatorId, now],
      ),
    );
    return rows.map((row) => ({ ...row, expiresAt: row.expiresAt.toISOString() }));
  }

  /** A system query: those whose time is over and of which nobody has been told, the oldest first. */
  async listDue(now: Date, limit: number): Promise<readonly { readonly id: string; readonly tenantId: string }[]> {
    return await this.transactor.readSystem('due_operator_access', (conn) =>
      conn.query<{ id: string; tenantId: string }>(
        `SELECT g.id, g.tenant_id AS "tenantId" FROM tenancy.operator_access g
         WHERE g.status IN ('requested', 'granted') AND coalesce(g.expires_at, g.answer_by) <= $1 ORDER BY coalesce(g.expires_at, g.answer_by) LIMIT $2`,
        [now, limit],
      ),
    );
  }
}
