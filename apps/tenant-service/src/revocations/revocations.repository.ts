import { Injectable } from '@nestjs/common';
import { Transactor, type Tx } from '@plinth/database';

/** The last two say no more than that what is known of a key, or of all keys of a tenant, is old. */
export type RevocationKind =
  | 'tenant_suspended'
  | 'tenant_restored'
  | 'tenant_deactivated'
  | 'session_revoked'
  | 'memberships_changed'
  | 'api_key_revoked'
  | 'api_key_changed'
  | 'tenant_keys_revoked';

export interface Revocation {
  readonly sequence: number;
  readonly kind: RevocationKind;
  readonly id: string;
}

/** All that is revoked as of a sequence; what comes later are changes to it. */
export interface RevocationSnapshot {
  readonly sequence: number;
  readonly suspendedTenants: readonly string[];
  /** Of the last minutes: no token and no key of one from before is good for anything. */
  readonly deactivatedTenants: readonly string[];
  readonly revokedSessions: readonly string[];
  readonly revokedApiKeys: readonly string[];
  /** Whose memberships, roles or operator's roles are others than a token of theirs may say. */
  readonly changedAccounts: readonly string[];
  /** Keys, and tenants all of whose keys were revoked, of which what was known before is old. */
  readonly changedApiKeys: readonly string[];
}

/** Whom a gateway asks about; an absent member is not looked at. */
export interface CallerInQuestion {
  readonly tenantId?: string;
  readonly sessionId?: string;
  readonly apiKeyId?: string;
}

export interface CallerStanding {
  readonly tenantSuspended: boolean;
  readonly tenantDeactivated: boolean;
  readonly sessionRevoked: boolean;
  readonly apiKeyRevoked: boolean;
}

/**
 * An access token lives 10 minutes and a clock may be off by one; a gateway remembers a key's facts for
 * one minute. What was revoked longer ago is refused without the feed.
 */
const rememberedMinutes = 15;

/** Most changes of one poll; the next begins at once where there are more. */
const pageSize = 1_000;

/** One statement, so one moment. */
const selectSnapshot = `
  SELECT coalesce((SELECT max(sequence) FROM tenancy.revocation), 0)::int8 AS sequence,
    (SELECT coalesce(json_agg(id), '[]') FROM tenancy.tenant WHERE status = 'suspended') AS "suspendedTenants",
    coalesce(json_agg(DISTINCT subject_id) FILTER (WHERE kind = 'tenant_deactivated'), '[]') AS "deactivatedTenants",
    coalesce(json_agg(DISTINCT subject_id) FILTER (WHERE kind = 'session_revoked'), '[]') AS "revokedSessions",
    coalesce(json_agg(DISTINCT subject_id) FILTER (WHERE kind = 'api_key_revoked'), '[]') AS "revokedApiKeys",
    coalesce(json_agg(DISTINCT subject_id) FILTER (WHERE kind = 'memberships_changed'), '[]') AS "changedAccounts",
    coalesce(json_agg(DISTINCT subject_id) FILTER (WHERE kind IN ('api_key_changed', 'tenant_keys_revoked')), '[]') AS "changedApiKeys"
  FROM tenancy.revocation WHERE at > now() - make_interval(mins => ${rememberedMinutes})`;

@Injectable()
export class RevocationsRepository {
  constructor(private readonly transactor: Transactor) {}

  /**
   * Adds to the feed, in the transaction of the change. Call it last: the lock, one for all tenants, is
   * held until the commit, so that sequences become visible in their order and a follower misses none.
   */
  async append(tx: Tx, kind: RevocationKind, ...subjectIds: readonly string[]): Promise<void> {
    if (subjectIds.length === 0) return;
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('plinth.tenancy.revocation', 0))`);
    await tx.query('INSERT INTO tenancy.revocation (kind, subject_id) SELECT $1, unnest($2::uuid[])', [kind, subjectIds]);
  }

  /** A system query: gateways follow all tenants. */
  async readSnapshot(): Promise<RevocationSnapshot> {
    const rows = await this.transactor.readSystem('revocation_snapshot', (conn) =>
      conn.query<Omit<RevocationSnapshot, 'sequence'> & { sequence: string }>(selectSnapshot),
    );
    const [row] = rows;
    if (row === undefined) throw new Error('an aggregate answers one row');
    return { ...row, sequence: Number(row.sequence) };
  }

  /** A system query. In the order of their commits. */
  async listAfter(sequence: number): Promise<readonly Revocation[]> {
    const rows = await this.transactor.readSystem('revocation_changes', (conn) =>
      conn.query<Omit<Revocation, 'sequence'> & { sequence: string }>(
        `SELECT sequence, kind, subject_id AS id FROM tenancy.revocation WHERE sequence > $1 ORDER BY sequence LIMIT ${pageSize}`,
        [sequence],
      ),
    );
    return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
  }

  /** A system query, from the tables themselves. What does not exist (any more) counts as not revoked: its credential was verified. */
  async checkCaller({ tenantId = null, sessionId = null, apiKeyId = null }: { [K in keyof CallerInQuestion]: string | null | undefined }): Promise<CallerStanding> {
    const rows = await this.transactor.readSystem('caller_standing', (conn) =>
      conn.query<CallerStanding>(
        `SELECT EXISTS (SELECT 1 FROM tenancy.tenant WHERE id = $1 AND status = 'suspended') AS "tenantSuspended",
           EXISTS (SELECT 1 FROM tenancy.tenant WHERE id = $1 AND status = 'deactivated') AS "tenantDeactivated",
           EXISTS (SELECT 1 FROM tenancy.session WHERE id = $2 AND revoked_at IS NOT NULL) AS "sessionRevoked",
           EXISTS (SELECT 1 FROM tenancy.api_key WHERE id = $3 AND revoked_at IS NOT NULL) AS "apiKeyRevoked"`,
        [tenantId, sessionId, apiKeyId],
      ),
    );
    const [row] = rows;
    if (row === undefined) throw new Error('a row of constants');
    return row;
  }
}
