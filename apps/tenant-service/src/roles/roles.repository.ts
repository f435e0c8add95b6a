import { Injectable } from '@nestjs/common';
import { isUniqueViolation, type Conn, type Tx } from '@plinth/database';
import { memberErrors } from '../members/members.errors.js';
import type { CustomRole } from './role.js';
import { roleErrors } from './roles.errors.js';

const columns = 'id, name, capabilities, version, created_at AS "createdAt", updated_at AS "updatedAt"';

@Injectable()
export class RolesRepository {
  /** By name. A tenant has few. */
  async listRoles(conn: Conn | Tx, tenantId: string): Promise<readonly CustomRole[]> {
    return await conn.query<CustomRole>(`SELECT ${columns} FROM tenancy.role WHERE tenant_id = $1 ORDER BY name`, [tenantId]);
  }

  /** @throws Problem `role_not_found` (404) */
  async getRole(conn: Conn | Tx, tenantId: string, id: string): Promise<CustomRole> {
    const [role] = await conn.query<CustomRole>(`SELECT ${columns} FROM tenancy.role WHERE tenant_id = $1 AND id = $2`, [tenantId, id]);
    if (role === undefined) throw roleErrors.notFound();
    return role;
  }

  /** As `getRole`, and nobody else changes it until the transaction ends. */
  async claimRole(tx: Tx, tenantId: string, id: string): Promise<CustomRole> {
    const [role] = await tx.query<CustomRole>(`SELECT ${columns} FROM tenancy.role WHERE tenant_id = $1 AND id = $2 FOR UPDATE`, [tenantId, id]);
    if (role === undefined) throw roleErrors.notFound();
    return role;
  }

  /** All of these, kept from change until the transaction ends: their capabilities are what the caller is asked for. @throws Problem `custom_role_unknown` (422) where the tenant has one of them not */
  async getRoles(tx: Tx, tenantId: string, ids: readonly string[]): Promise<readonly CustomRole[]> {
    const roles = await tx.query<CustomRole>(`SELECT ${columns} FROM tenancy.role WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) ORDER BY name FOR SHARE`, [tenantId, ids]);
    const missing = ids.flatMap((id, index) => (roles.some((role) => role.id === id.toLowerCase()) ? [] : [{ pointer: `/customRoleIds/${index}`, detail: 'is not a role of the tenant' }]));
    if (missing.length > 0) throw memberErrors.roleUnknown(missing);
    return roles;
  }

  /** @throws Problem `role_name_taken` (409) */
  async insert(tx: Tx, tenantId: string, { id, name, capabilities, version, createdAt, updatedAt }: CustomRole): Promise<void> {
    await nameTaken(() =>
      tx.query('INSERT INTO tenancy.role (id, tenant_id, name, capabilities, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)', [
        ...[id, tenantId, name, capabilities, version, createdAt, updatedAt],
      ]),
    );
  }

  /** @throws Problem `role_name_taken` (409) */
  async save(tx: Tx, tenantId: string, { id, name, capabilities, version, updatedAt }: CustomRole): Promise<void> {
    await nameTaken(() =>
      tx.query('UPDATE tenancy.role SET name = $3, capabilities = $4, version = $5, updated_at = $6 WHERE tenant_id = $1 AND id = $2', [tenantId, id, name, capabilities, version, updatedAt]),
    );
  }

  async remove(tx: Tx, tenantId: string, id: string): Promise<void> {
    await tx.query('DELETE FROM tenancy.role WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
  }

  /** The accounts that have it. */
  async listHolders(tx: Tx, tenantId: string, id: string): Promise<readonly string[]> {
    const rows = await tx.query<{ id: string }>('SELECT account_id AS id FROM tenancy.membership_role WHERE tenant_id = $1 AND role_id = $2', [tenantId, id]);
    return rows.map((row) => row.id);
  }
}

async function nameTaken(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw isUniqueViolation(error, 'role_name_unique') ? roleErrors.nameTaken() : error;
  }
}
