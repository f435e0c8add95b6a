import { Injectable } from '@nestjs/common';
import { Transactor, type Conn, type Tx } from '@plinth/database';
import type { Invitation } from './invitation.js';
import { invitationErrors } from './invitations.errors.js';

const columns = `id, tenant_id AS "tenantId", email, role, roles, custom_role_ids AS "customRoleIds", invited_by AS "invitedBy",
  created_at AS "createdAt", expires_at AS "expiresAt", accepted_at AS "acceptedAt", revoked_at AS "revokedAt"`;

@Injectable()
export class InvitationsRepository {
  constructor(private readonly transactor: Transactor) {}

  /** Newest first. @param before only invitations older than this one's id */
  async listInvitations(conn: Conn, tenantId: string, before: string | null, limit: number): Promise<readonly Invitation[]> {
    return await conn.query<Invitation>(
      `SELECT ${columns} FROM tenancy.invitation WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [tenantId, before, limit],
    );
  }

  async insert(tx: Tx, invitation: Invitation, tokenHash: Buffer): Promise<void> {
    const { id, tenantId, email, role, roles, customRoleIds, invitedBy, createdAt, expiresAt } = invitation;
    await tx.query(
      `INSERT INTO tenancy.invitation (id, tenant_id, email, role, roles, custom_role_ids, token_hash, invited_by, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [id, tenantId, email, role, roles, customRoleIds, tokenHash, invitedBy, createdAt, expiresAt],
    );
  }

  /** How many were sent since then, whatever has become of them. */
  async countSince(tx: Tx, tenantId: string, email: string, since: Date): Promise<{ readonly ofTenant: number; readonly toAddress: number }> {
    const [row] = await tx.query<{ ofTenant: number; toAddress: number }>(
      `SELECT count(*)::int AS "ofTenant", (count(*) FILTER (WHERE email = $2))::int AS "toAddress" FROM tenancy.invitation WHERE tenant_id = $1 AND created_at > $3`,
      [tenantId, email, since],
    );
    return row ?? { ofTenant: 0, toAddress: 0 };
  }

  /** Takes back what is open for the address. @returns the ids */
  async revokeOpen(tx: Tx, tenantId: string, email: string, at: Date): Promise<readonly string[]> {
    const rows = await tx.query<{ id: string }>(
      'UPDATE tenancy.invitation SET revoked_at = $3 WHERE tenant_id = $1 AND email = $2 AND accepted_at IS NULL AND revoked_at IS NULL RETURNING id',
      [tenantId, email, at],
    );
    return rows.map(({ id }) => id);
  }

  /** Until the commit nobody else accepts or revokes it. @throws Problem `invitation_not_found` (404), also for another tenant's */
  async claim(tx: Tx, id: string): Promise<Invitation> {
    const [invitation] = await tx.query<Invitation>(`SELECT ${columns} FROM tenancy.invitation WHERE id = $1 FOR UPDATE`, [id]);
    if (invitation === undefined) throw invitationErrors.notFound();
    return invitation;
  }

  async saveRevoked(tx: Tx, id: string, at: Date): Promise<void> {
    await tx.query('UPDATE tenancy.invitation SET revoked_at = $2 WHERE id = $1', [id, at]);
  }

  async saveAccepted(tx: Tx, id: string, accountId: string, at: Date): Promise<void> {
    await tx.query('UPDATE tenancy.invitation SET accepted_at = $3, accepted_by = $2 WHERE id = $1', [id, accountId, at]);
  }

  /** A system query: whoever accepts does not belong to the tenant yet. */
  async findByToken(tokenHash: Buffer): Promise<{ readonly id: string; readonly tenantId: string } | null> {
    const rows = await this.transactor.readSystem('invitation_by_token', (conn) =>
      conn.query<{ id: string; tenantId: string }>('SELECT id, tenant_id AS "tenantId" FROM tenancy.invitation WHERE token_hash = $1', [tokenHash]),
    );
    return rows[0] ?? null;
  }
}
