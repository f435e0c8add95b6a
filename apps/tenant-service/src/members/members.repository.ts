import { Injectable } from '@nestjs/common';
import { Transactor, type Conn, type Tx } from '@plinth/database';
import type { TenantRole } from '@plinth/contracts';
import type { Principal } from '@plinth/http';
import type { Member, MemberWithEmail } from './member.js';
import { memberErrors } from './members.errors.js';

/** Where a page of members ends: when it joined, then the account. */
export type MemberPosition = readonly [joinedAt: string, accountId: string];

const columns = `m.account_id AS "accountId", m.role, m.roles, m.version, m.created_at AS "joinedAt",
  ARRAY(SELECT i.role FROM tenancy.internal_role i WHERE i.tenant_id = m.tenant_id AND i.account_id = m.account_id ORDER BY i.role) AS "internalRoles",
  coalesce((SELECT json_agg(json_build_object('id', r.id, 'name', r.name, 'capabilities', r.capabilities) ORDER BY r.name)
            FROM tenancy.membership_role a JOIN tenancy.role r ON r.tenant_id = a.tenant_id AND r.id = a.role_id
            WHERE a.tenant_id = m.tenant_id AND a.account_id = m.account_id), '[]') AS "customRoles"`;

@Injectable()
export class MembersRepository {
  constructor(private readonly transactor: Transactor) {}

  /** A system query: addresses stand in accounts, which show themselves to nobody else. In the order of joining. */
  async listMembers(tenantId: string, after: MemberPosition | null, limit: number): Promise<readonly MemberWithEmail[]> {
    return await this.transactor.readSystem('members_of_tenant', (conn) =>
      conn.query<MemberWithEmail>(
        `SELECT ${columns}, a.email FROM tenancy.membership m JOIN tenancy.account a ON a.id = m.account_id
         WHERE m.tenant_id = $1 AND ($2::timestamptz IS NULL OR (m.created_at, m.account_id) > ($2::timestamptz, $3::uuid))
         ORDER BY m.created_at, m.account_id LIMIT $4`,
        [tenantId, ...(after ?? [null, null]), limit],
      ),
    );
  }

  /** A system query, as the list. @throws Problem `member_not_found` (404) */
  async getMember(tenantId: string, accountId: string): Promise<MemberWithEmail> {
    const rows = await this.transactor.readSystem('members_of_tenant', (conn) =>
      conn.query<MemberWithEmail>(
        `SELECT ${columns}, a.email FROM tenancy.membership m JOIN tenancy.account a ON a.id = m.account_id WHERE m.tenant_id = $1 AND m.account_id = $2`,
        [tenantId, accountId],
      ),
    );
    return found(rows[0]);
  }

  /** A system query, as the list: the addresses of a tenant's owners and admins, those who joined first. */
  async listAddressesOfAdmins(tenantId: string, limit: number): Promise<readonly string[]> {
    const rows = await this.transactor.readSystem('members_of_tenant', (conn) =>
      conn.query<{ email: string }>(
        `SELECT a.email FROM tenancy.membership m JOIN tenancy.account a ON a.id = m.account_id
         WHERE m.tenant_id = $1 AND m.role IN ('owner', 'admin') AND a.status = 'active' ORDER BY m.created_at, m.account_id LIMIT $2`,
        [tenantId, limit],
      ),
    );
    return rows.map(({ email }) => email);
  }

  /** Of the transaction's tenant. @throws Problem `member_not_found` (404) */
  async readMember(conn: Conn | Tx, tenantId: string, accountId: string): Promise<Member> {
    const [member] = await conn.query<Member>(`SELECT ${columns} FROM tenancy.membership m WHERE m.tenant_id = $1 AND m.account_id = $2`, [tenantId, accountId]);
    return found(member);
  }

  async isMember(tx: Tx, tenantId: string, accountId: string): Promise<boolean> {
    return (await tx.query('SELECT 1 FROM tenancy.membership WHERE tenant_id = $1 AND account_id = $2', [tenantId, accountId])).length === 1;
  }

  /** Call it with the tenant locked: two owners who leave at once would each see the other. */
  async countOwners(tx: Tx, tenantId: string): Promise<number> {
    const [row] = await tx.query<{ count: number }>(`SELECT count(*)::int AS count FROM tenancy.membership WHERE tenant_id = $1 AND role = 'owner'`, [tenantId]);
    return row?.count ?? 0;
  }

  /** @returns false where the account belongs to the tenant already */
  async insert(tx: Tx, member: { readonly tenantId: string; readonly accountId: string; readonly role: TenantRole; readonly roles: readonly string[]; readonly customRoleIds: readonly string[]; readonly joinedAt: Date }): Promise<boolean> {
    const { tenantId, accountId, role, roles, customRoleIds, joinedAt } = member;
    const added = await tx.query(
      'INSERT INTO tenancy.membership (tenant_id, account_id, role, roles, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING account_id',
      [tenantId, accountId, role, roles, joinedAt],
    );
    if (added.length === 0) return false;
    await this.setCustomRoles(tx, tenantId, accountId, customRoleIds);
    return true;
  }

  async save(tx: Tx, tenantId: string, { accountId, role, roles, customRoles, version }: Member): Promise<void> {
    await tx.query('UPDATE tenancy.membership SET role = $3, roles = $4, version = $5 WHERE tenant_id = $1 AND account_id = $2', [tenantId, accountId, role, roles, version]);
    await this.setCustomRoles(tx, tenantId, accountId, customRoles.map(({ id }) => id));
  }

  /** The database lets a transaction do it whose principal is an operator. */
  async setInternalRoles(tx: Tx, accountId: string, roles: readonly string[]): Promise<void> {
    await tx.query('SELECT tenancy.set_internal_roles($1, $2)', [accountId, roles]);
  }

  /** With all roles that it had. */
  async remove(tx: Tx, tenantId: string, accountId: string): Promise<void> {
    await tx.query('DELETE FROM tenancy.membership WHERE tenant_id = $1 AND account_id = $2', [tenantId, accountId]);
  }

  /** A system query: whom an account is in a tenant now, as one who gives roles; null where it belongs to it no more. */
  async findGiver(tenantId: string, accountId: string): Promise<Principal | null> {
    const rows = await this.transactor.readSystem('member_giving', (conn) =>
      conn.query<{ roles: string[]; capabilities: string[] }>(
        `SELECT s.roles, s.capabilities FROM tenancy.member_standing s JOIN tenancy.account a ON a.id = s.account_id AND a.status = 'active'
         WHERE s.tenant_id = $1 AND s.account_id = $2`,
        [tenantId, accountId],
      ),
    );
    const [standing] = rows;
    return standing === undefined ? null : { type: 'user', id: accountId, tenantId, ...standing };
  }

  private async setCustomRoles(tx: Tx, tenantId: string, accountId: string, roleIds: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM tenancy.membership_role WHERE tenant_id = $1 AND account_id = $2 AND role_id <> ALL ($3::uuid[])', [tenantId, accountId, roleIds]);
    await tx.query('INSERT INTO tenancy.membership_role (tenant_id, account_id, role_id) SELECT $1, $2, unnest($3::uuid[]) ON CONFLICT DO NOTHING', [tenantId, accountId, roleIds]);
  }
}

function found<M extends Member>(member: M | undefined): M {
  if (member === undefined) throw memberErrors.notFound();
  return member;
}
