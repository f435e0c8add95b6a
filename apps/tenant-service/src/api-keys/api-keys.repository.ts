import { Injectable } from '@nestjs/common';
import { Transactor, type Conn, type Tx } from '@plinth/database';
import type { Principal } from '@plinth/http';
import type { ApiKey, ApiKeyFacts } from './api-key.js';
import { apiKeyErrors } from './api-keys.errors.js';

const columns = `id, tenant_id AS "tenantId", created_by AS "createdBy", name, scopes, created_at AS "createdAt", expires_at AS "expiresAt", revoked_at AS "revokedAt"`;

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly transactor: Transactor) {}

  async insert(tx: Tx, key: ApiKey, hash: string): Promise<void> {
    await tx.query(
      `INSERT INTO tenancy.api_key (id, tenant_id, created_by, name, key_hash, scopes, created_at, expires_at)
       VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, $7, $8)`,
      [key.id, key.tenantId, key.createdBy, key.name, hash, key.scopes, key.createdAt, key.expiresAt],
    );
  }

  /** Newest first. Row-level security narrows it to the tenant; the tenant stands here too, for the index. @param before only keys older than this one's id */
  async listKeys(conn: Conn, tenantId: string, before: string | null, limit: number): Promise<readonly ApiKey[]> {
    return await conn.query<ApiKey>(
      `SELECT ${columns} FROM tenancy.api_key WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [tenantId, before, limit],
    );
  }

  /** @throws Problem `api_key_not_found` (404), also for another tenant's */
  async getKey(conn: Conn | Tx, id: string): Promise<ApiKey> {
    const [key] = await conn.query<ApiKey>(`SELECT ${columns} FROM tenancy.api_key WHERE id = $1`, [id]);
    if (key === undefined) throw apiKeyErrors.notFound();
    return key;
  }

  /** The person behind a principal: of a key, whoever has made it. */
  async getActingAccount(tx: Tx, { type, id }: Principal): Promise<string> {
    if (id === null) throw new Error('the guard lets no anonymous caller in');
    return type === 'api_key' ? (await this.getKey(tx, id)).createdBy : id;
  }

  /** As `getKey`, and nobody else changes it until the transaction ends. */
  async claimKey(tx: Tx, id: string): Promise<ApiKey> {
    const [key] = await tx.query<ApiKey>(`SELECT ${columns} FROM tenancy.api_key WHERE id = $1 FOR UPDATE`, [id]);
    if (key === undefined) throw apiKeyErrors.notFound();
    return key;
  }

  async saveRevoked(tx: Tx, id: string, at: Date): Promise<void> {
    await tx.query('UPDATE tenancy.api_key SET revoked_at = $2 WHERE id = $1', [id, at]);
  }

  /**
   * A system query: the gateway asks before it knows the tenant. The roles are those that the creator has
   * now: none where it left the tenant or is disabled.
   */
  async findFacts(id: string): Promise<ApiKeyFacts | null> {
    const rows = await this.transactor.readSystem('api_key_facts', (conn) =>
      conn.query<Omit<ApiKeyFacts, 'expiresAt'> & { expiresAt: Date | null }>(
        `SELECT k.id, k.tenant_id AS "tenantId", encode(k.key_hash, 'hex') AS hash, k.scopes, k.expires_at AS "expiresAt",
           CASE WHEN k.revoked_at IS NULL THEN 'active' ELSE 'revoked' END AS status,
           (SELECT t.status FROM tenancy.tenant t WHERE t.id = k.tenant_id) AS "tenantStatus",
           k.created_by AS "createdBy", coalesce(m.roles, '{}') AS roles, coalesce(m.capabilities, '{}') AS capabilities
         FROM tenancy.api_key k
         LEFT JOIN tenancy.account a ON a.id = k.created_by AND a.status = 'active'
         LEFT JOIN tenancy.member_standing m ON m.tenant_id = k.tenant_id AND m.account_id = a.id
         WHERE k.id = $1`,
        [id],
      ),
    );
    const [facts] = rows;
    return facts === undefined ? null : { ...facts, expiresAt: facts.expiresAt?.toISOString() ?? null };
  }
}
