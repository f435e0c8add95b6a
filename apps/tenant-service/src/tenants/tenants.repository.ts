import { Injectable } from '@nestjs/common';
import type { Conn, Tx } from '@plinth/database';
import { Tenant } from './tenant.entity.js';
import { tenantErrors } from './tenants.errors.js';

@Injectable()
export class TenantsRepository {
  async insert(tx: Tx, tenant: Tenant): Promise<void> {
    await tx.insert(Tenant, tenant as never);
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
