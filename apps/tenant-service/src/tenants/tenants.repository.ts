import { Injectable } from '@nestjs/common';
import { Transactor, type Conn, type Scope, type Tx } from '@plinth/database';
import { behind, listed, positionValues, searchOf, type ListedTenant, type TenantFilter, type TenantPosition } from './tenant-search.js';
import { Tenant } from './tenant.entity.js';
import { tenantErrors } from './tenants.errors.js';

@Injectable()
export class TenantsRepository {
  constructor(private readonly transactor: Transactor) {}

  /** With its first owner. */
  async insert(tx: Tx, tenant: Tenant, ownerId: string): Promise<void> {
    await tx.insert(Tenant, tenant as never);
    await tx.query(`INSERT INTO tenancy.membership (tenant_id, account_id, role, created_at) VALUES ($1, $2, 'owner', $3)`, [tenant.id, ownerId, tenant.createdAt]);
  }

  /** All members of the transaction's tenant. */
  async listMemberIds(tx: Tx, tenantId: string): Promise<readonly string[]> {
    const rows = await tx.query<{ id: string }>('SELECT account_id AS id FROM tenancy.membership WHERE tenant_id = $1', [tenantId]);
    return rows.map(({ id }) => id);
  }

  /** A system query: a person's tenants are each behind its own row-level security. The newest first. */
  async listOfAccount(accountId: string, after: TenantPosition | null, limit: number): Promise<readonly ListedTenant[]> {
    return await this.transactor.readSystem('tenants_of_account', (conn) =>
      conn.query<ListedTenant>(
        `SELECT ${listed}, m.roles FROM tenancy.member_standing m JOIN tenancy.tenant t ON t.id = m.tenant_id
         WHERE m.account_id = $1 AND ${behind('$2', '$3')} ORDER BY t.created_at DESC, t.id DESC LIMIT $4`,
        [accountId, ...positionValues(after), limit],
      ),
    );
  }

  /** A system query: how many tenants a person belongs to that have not been given up. */
  async countOfAccount(accountId: string): Promise<number> {
    const [row] = await this.transactor.readSystem('tenants_of_account', (conn) =>
      conn.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM tenancy.membership m JOIN tenancy.tenant t ON t.id = m.tenant_id WHERE m.account_id = $1 AND t.status <> 'deactivated'`,
        [accountId],
      ),
    );
    return row?.count ?? 0;
  }

  /** Whether the principal's account has a confirmed e-mail address. */
  async isOwnerVerified(scope: Scope, accountId: string): Promise<boolean> {
    const rows = await this.transactor.read(scope, (conn) => conn.query('SELECT FROM tenancy.account WHERE id = $1 AND email_verified_at IS NOT NULL', [accountId]));
    return rows.length > 0;
  }

  /** A system query: operators look over all tenants. The newest first. */
  async search(filter: TenantFilter, after: TenantPosition | null, limit: number): Promise<readonly ListedTenant[]> {
    const { sql, values } = searchOf(filter, after, limit);
    return await this.transactor.readSystem('tenant_search', (conn) => conn.query<ListedTenant>(sql, values));
  }

  /** @throws Problem `tenant_not_found` (404), also for another tenant's: row-level security hides it */
  async getTenant(conn: Conn | Tx, id: string): Promise<Tenant> {
    return found(await conn.getRepository(Tenant).findOne({ where: { id } }));
  }

  /** As `getTenant`, and nobody else changes it until the transaction ends. */
  async claimTenant(tx: Tx, id: string): Promise<Tenant> {
    return found(await tx.getRepository(Tenant).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } }));
  }

  async save(tx: Tx, tenant: Tenant): Promise<void> {
    const { id, ...columns } = tenant;
    await tx.update(Tenant, { id }, columns as never);
  }
}

function found(tenant: Tenant | null): Tenant {
  if (tenant === null) throw tenantErrors.notFound();
  return tenant;
}
