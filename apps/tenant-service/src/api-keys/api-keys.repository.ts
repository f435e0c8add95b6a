import { Injectable } from '@nestjs/common';
import { authErrors } from '@plinth/auth';
import { Transactor, type Conn, type Tx } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { apiKeyStatus, type ApiKey, type ApiKeyFacts } from './api-key.js';
import { apiKeyErrors } from './api-keys.errors.js';

const selectKeys = `
  SELECT k.id, k.tenant_id AS "tenantId", k.created_by AS "createdBy", k.name, k.scopes, k.created_at AS "createdAt", k.expires_at AS "expiresAt",
    k.revoked_at AS "revokedAt", k.active, k.allowed_addresses AS "allowedAddresses", k.replaces, k.rotated_to AS "rotatedTo",
    k.overlap_ends_at AS "overlapEndsAt", k.version, u.last_used_at AS "lastUsedAt"
  FROM tenancy.api_key k LEFT JOIN tenancy.api_key_use u ON u.api_key_id = k.id`;

/** The tenant's newest keys, older than `$2` where one is given: by the index of tenant and id, which has them in this order. */
export const selectPage = `${selectKeys} WHERE k.tenant_id = $1 AND ($2::uuid IS NULL OR k.id < $2) ORDER BY k.id DESC LIMIT $3`;

/** By primary keys, whatever the number of keys: every gateway asks it once a minute for each key in use. The roles are those that the creator has now. */
export const selectFacts = `
  SELECT k.id, k.tenant_id AS "tenantId", encode(k.key_hash, 'hex') AS hash, k.scopes, k.allowed_addresses AS "allowedAddresses",
    least(k.expires_at, k.overlap_ends_at) AS "expiresAt",
    CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.active THEN 'active' ELSE 'paused' END AS status,
    (SELECT t.status FROM tenancy.tenant t WHERE t.id = k.tenant_id) AS "tenantStatus",
    k.created_by AS "createdBy", coalesce(m.roles, '{}') AS roles, coalesce(m.capabilities, '{}') AS capabilities
  FROM tenancy.api_key k
  LEFT JOIN tenancy.account a ON a.id = k.created_by AND a.status = 'active'
  LEFT JOIN tenancy.member_standing m ON m.tenant_id = k.tenant_id AND m.account_id = a.id
  WHERE k.id = $1`;

/** Who makes keys holds it together, who revokes all of a tenant's holds it alone: none slips through that is made meanwhile. */
const tenantLock = (mode: '' | '_shared') => `SELECT pg_advisory_xact_lock${mode}(hashtextextended('plinth.tenancy.api_keys:' || $1, 0))`;

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly transactor: Transactor) {}

  async insert(tx: Tx, key: ApiKey, hash: string): Promise<void> {
    await tx.query(
      `INSERT INTO tenancy.api_key (id, tenant_id, created_by, name, key_hash, scopes, created_at, expires_at, allowed_addresses, replaces)
       VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, $7, $8, $9, $10)`,
      [key.id, key.tenantId, key.createdBy, key.name, hash, key.scopes, key.createdAt, key.expiresAt, key.allowedAddresses, key.replaces],
    );
  }

  /** Newest first. Row-level security narrows it to the tenant; the tenant stands here too, for the index. @param before only keys older than this one's id */
  async listKeys(conn: Conn, tenantId: string, before: string | null, limit: number): Promise<readonly ApiKey[]> {
    return await conn.query<ApiKey>(selectPage, [tenantId, before, limit]);
  }

  /** @throws Problem `api_key_not_found` (404), also for another tenant's */
  async getKey(conn: Conn | Tx, id: string): Promise<ApiKey> {
    return found(await conn.query<ApiKey>(`${selectKeys} WHERE k.id = $1`, [id]));
  }

  /**
   * The person behind a principal: of a key, whoever has made it. What a key does and its end do not overlap: either is whole before the other.
   *
   * @throws Problem `access_denied` (403) where the key has ended since it was let in
   */
  async getActingAccount(tx: Tx, { type, id }: Principal): Promise<string> {
    if (id === null) throw new Error('the guard lets no anonymous caller in');
    if (type !== 'api_key') return id;
    const acting = await this.holdKey(tx, id);
    if (apiKeyStatus(acting, systemClock.now()) !== 'active') throw authErrors.accessDenied();
    return acting.createdBy;
  }

  /** As `getKey`, and nobody else changes it until the transaction ends. A row that speaks of the key may be added meanwhile. */
  async claimKey(tx: Tx, id: string): Promise<ApiKey> {
    return found(await tx.query<ApiKey>(`${selectKeys} WHERE k.id = $1 FOR NO KEY UPDATE OF k`, [id]));
  }

  /** All that can change of it. */
  async save(tx: Tx, { id, name, active, allowedAddresses, expiresAt, revokedAt, rotatedTo, overlapEndsAt, version }: ApiKey): Promise<void> {
    await tx.query(
      `UPDATE tenancy.api_key SET name = $2, active = $3, allowed_addresses = $4, expires_at = $5, revoked_at = $6, rotated_to = $7, overlap_ends_at = $8, version = $9
       WHERE id = $1`,
      [id, name, active, allowedAddresses, expiresAt, revokedAt, rotatedTo, overlapEndsAt, version],
    );
  }

  /** Before a key is made: all of the tenant's are not revoked until the transaction ends. */
  async holdOffRevocation(tx: Tx, tenantId: string): Promise<void> {
    await tx.query(tenantLock('_shared'), [tenantId]);
  }

  /** All of the tenant's, whatever their number, in one statement. @returns how many were not revoked before */
  async revokeAll(tx: Tx, tenantId: string, at: Date): Promise<number> {
    // A statement of its own, so that the next one sees what was committed while it waited.
    await tx.query(tenantLock(''), [tenantId]);
    const [row] = await tx.query<{ count: number }>(
      `WITH revoked AS (UPDATE tenancy.api_key SET revoked_at = $2, version = version + 1 WHERE tenant_id = $1 AND revoked_at IS NULL RETURNING id)
       SELECT count(*)::int AS count FROM revoked`,
      [tenantId, at],
    );
    return row?.count ?? 0;
  }

  /** A system query: the gateway asks before it knows the tenant. No roles where the creator left the tenant or is disabled. */
  async findFacts(id: string): Promise<ApiKeyFacts | null> {
    const rows = await this.transactor.readSystem('api_key_facts', (conn) => conn.query<Omit<ApiKeyFacts, 'expiresAt'> & { expiresAt: Date | null }>(selectFacts, [id]));
    const [facts] = rows;
    return facts === undefined ? null : { ...facts, expiresAt: facts.expiresAt?.toISOString() ?? null };
  }

  /** The key that acts: it is not revoked or changed before the transaction ends, and others may act by it too. */
  private async holdKey(tx: Tx, id: string): Promise<ApiKey> {
    return found(await tx.query<ApiKey>(`${selectKeys} WHERE k.id = $1 FOR SHARE OF k`, [id]));
  }
}

function found([key]: readonly ApiKey[]): ApiKey {
  if (key === undefined) throw apiKeyErrors.notFound();
  return key;
}
