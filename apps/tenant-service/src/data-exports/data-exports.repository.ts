import { Injectable } from '@nestjs/common';
import type { Conn, Tx } from '@plinth/database';
import type { DataExport } from './data-export.js';
import { dataExportErrors } from './data-exports.errors.js';
import type { DataSet } from './data-sets.js';

const columns = `id, tenant_id AS "tenantId", account_id AS "accountId", requested_at AS "requestedAt", status, ended_at AS "endedAt", encode(sha256, 'hex') AS sha256,
  size_bytes AS "sizeBytes", expires_at AS "expiresAt", error`;
const ofSubject = '((tenant_id IS NULL AND $1::uuid IS NULL AND account_id = $2) OR tenant_id = $1)';

/** Whose copy it is: a tenant's, or else the person's who asks. */
export interface ExportSubject {
  readonly tenantId: string | null;
  readonly accountId: string;
}

/** What the worker has taken on. */
export interface ClaimedExport extends ExportSubject {
  readonly id: string;
  readonly requestedAt: Date;
  /** This one included. */
  readonly attempts: number;
}

/** Those whose time has come, the oldest first, and none that another copy of the worker has in hand. The lease ends what a dead one has taken. */
const claim = `
  UPDATE tenancy.data_export export SET attempts = attempts + 1, due_at = now() + make_interval(secs => $1)
  WHERE id = (SELECT id FROM tenancy.data_export WHERE status = 'waiting' AND due_at <= now() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING id, tenant_id AS "tenantId", account_id AS "accountId", requested_at AS "requestedAt", attempts`;

@Injectable()
export class DataExportsRepository {
  /** Of a person's or a tenant's, one after the other, until the commit. */
  async lockSubject(tx: Tx, { tenantId, accountId }: ExportSubject): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('plinth.tenancy.data_export ' || $1, 0))`, [tenantId ?? accountId]);
  }

  async insert(tx: Tx, { id, tenantId, accountId, requestedAt, expiresAt }: DataExport): Promise<void> {
    await tx.query('INSERT INTO tenancy.data_export (id, tenant_id, account_id, requested_at, due_at, expires_at) VALUES ($1, $2, $3, $4, $4, $5)', [id, tenantId, accountId, requestedAt, expiresAt]);
  }

  /** Newest first; few, for they are purged. */
  async listOf(conn: Conn | Tx, { tenantId, accountId }: ExportSubject, now: Date): Promise<readonly DataExport[]> {
    return await conn.query<DataExport>(`SELECT ${columns} FROM tenancy.data_export WHERE ${ofSubject} AND expires_at > $3 ORDER BY id DESC LIMIT 200`, [tenantId, accountId, now]);
  }

  /** @throws Problem `export_not_found` (404), also for another's and for one that has expired */
  async get(conn: Conn | Tx, id: string, { tenantId, accountId }: ExportSubject, now: Date): Promise<DataExport> {
    const [found] = await conn.query<DataExport>(`SELECT ${columns} FROM tenancy.data_export WHERE ${ofSubject} AND expires_at > $3 AND id = $4`, [tenantId, accountId, now, id]);
    if (found === undefined) throw dataExportErrors.notFound();
    return found;
  }

  async readSealed(conn: Conn | Tx, id: string): Promise<Buffer | null> {
    const [row] = await conn.query<{ sealed: Buffer | null }>('SELECT sealed FROM tenancy.data_export WHERE id = $1', [id]);
    return row?.sealed ?? null;
  }

  async claimDue(tx: Tx, leaseSeconds: number): Promise<ClaimedExport | null> {
    const [claimed] = await tx.query<ClaimedExport>(claim, [leaseSeconds]);
    return claimed ?? null;
  }

  /** Nothing where another copy of the worker was quicker. */
  async finish(tx: Tx, id: string, { sealed, sha256, sizeBytes, expiresAt }: { readonly sealed: Buffer; readonly sha256: Buffer; readonly sizeBytes: number; readonly expiresAt: Date }): Promise<void> {
    await tx.query(`UPDATE tenancy.data_export SET status = 'ready', ended_at = now(), sealed = $2, sha256 = $3, size_bytes = $4, expires_at = $5 WHERE id = $1 AND status = 'waiting'`, [
      ...[id, sealed, sha256, sizeBytes, expiresAt],
    ]);
  }

  async postpone(tx: Tx, id: string, delayMs: number, error: string): Promise<void> {
    await tx.query(`UPDATE tenancy.data_export SET due_at = now() + make_interval(secs => $2), error = $3 WHERE id = $1 AND status = 'waiting'`, [id, delayMs / 1000, error]);
  }

  /** As `postpone`, for what was no try: that one is not counted. */
  async putBack(tx: Tx, id: string, delayMs: number, error: string): Promise<void> {
    await tx.query(`UPDATE tenancy.data_export SET due_at = now() + make_interval(secs => $2), error = $3, attempts = attempts - 1 WHERE id = $1 AND status = 'waiting'`, [id, delayMs / 1000, error]);
  }

  /** For what takes longer than a lease. */
  async extendLease(tx: Tx, id: string, leaseSeconds: number): Promise<void> {
    await tx.query(`UPDATE tenancy.data_export SET due_at = now() + make_interval(secs => $2) WHERE id = $1 AND status = 'waiting'`, [id, leaseSeconds]);
  }

  async giveUp(tx: Tx, id: string, error: string): Promise<void> {
    await tx.query(`UPDATE tenancy.data_export SET status = 'failed', ended_at = now(), error = $2 WHERE id = $1 AND status = 'waiting'`, [id, error]);
  }

  /** As the transaction may see it. Table and columns are names of ours. */
  async read(conn: Conn, { table, columns: names, where }: DataSet, subjectId: string): Promise<readonly Record<string, unknown>[]> {
    return await conn.query<Record<string, unknown>>(`SELECT ${names.join(', ')} FROM tenancy.${table} WHERE ${where} ORDER BY 1, 2`, [subjectId]);
  }

  /** A system query: in which tenants there is something of a person. */
  async listTenantsOf(conn: Conn, accountId: string): Promise<readonly string[]> {
    const rows = await conn.query<{ tenantId: string }>(
      'SELECT tenant_id AS "tenantId" FROM tenancy.membership WHERE account_id = $1 UNION SELECT tenant_id FROM tenancy.api_key WHERE created_by = $1 ORDER BY 1',
      [accountId],
    );
    return rows.map(({ tenantId }) => tenantId);
  }

  /** A system query: the addresses of members stand in their accounts. */
  async listAddresses(conn: Conn, tenantId: string): Promise<readonly Record<string, unknown>[]> {
    return await conn.query<Record<string, unknown>>('SELECT a.id, a.email FROM tenancy.membership m JOIN tenancy.account a ON a.id = m.account_id WHERE m.tenant_id = $1 ORDER BY 1', [tenantId]);
  }
}
