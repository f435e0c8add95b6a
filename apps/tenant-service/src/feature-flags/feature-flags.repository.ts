import { Injectable } from '@nestjs/common';
import type { Tier } from '@plinth/contracts';
import { isUniqueViolation, Transactor, type Conn, type Tx } from '@plinth/database';
import type { FlagDefinition } from '@plinth/flags';
import { FeatureFlag, type FlagState } from './feature-flag.entity.js';
import { featureFlagErrors } from './feature-flags.errors.js';
import type { FlagChange, NewFlagChange } from './flag-change.js';

const definition = 'key, type, version, enabled, variants, default_variant AS "defaultVariant", off_variant AS "offVariant", rules, salt';
const columns = `id, description, ${definition}, created_at AS "createdAt", updated_at AS "updatedAt", archived_at AS "archivedAt"`;

/** For what a tenant's member is asked: the tier that its rules ask for, and the flags. */
export interface FlagsForTenant {
  readonly tier: Tier | null;
  readonly flags: readonly FlagDefinition[];
}

@Injectable()
export class FeatureFlagsRepository {
  constructor(private readonly transactor: Transactor) {}

  /** Those in use, by key. @param after only keys behind this one */
  async listFlags(conn: Conn, after: string | null, limit: number): Promise<readonly FlagState[]> {
    return await conn.query<FlagState>(
      `SELECT ${columns} FROM tenancy.feature_flag WHERE archived_at IS NULL AND ($1::text IS NULL OR key > $1) ORDER BY key LIMIT $2`,
      [after, limit],
    );
  }

  /** @throws Problem `feature_flag_not_found` (404) */
  async getFlag(conn: Conn, key: string): Promise<FeatureFlag> {
    return found(await conn.query<FlagState>(`SELECT ${columns} FROM tenancy.feature_flag WHERE key = $1 AND archived_at IS NULL`, [key]));
  }

  /** As `getFlag`, and nobody else changes it until the transaction ends. */
  async claimFlag(tx: Tx, key: string): Promise<FeatureFlag> {
    return found(await tx.query<FlagState>(`SELECT ${columns} FROM tenancy.feature_flag WHERE key = $1 AND archived_at IS NULL FOR UPDATE`, [key]));
  }

  async countFlags(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM tenancy.feature_flag WHERE archived_at IS NULL');
    return row?.count ?? 0;
  }

  /** @throws Problem `feature_flag_key_taken` (409) */
  async insert(tx: Tx, { state }: FeatureFlag): Promise<void> {
    const { id, key, description, type, enabled, variants, defaultVariant, offVariant, rules, salt, version, createdAt, updatedAt } = state;
    try {
      await tx.query(
        `INSERT INTO tenancy.feature_flag (id, key, description, type, enabled, variants, default_variant, off_variant, rules, salt, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
        [id, key, description, type, enabled, JSON.stringify(variants), defaultVariant, offVariant, JSON.stringify(rules), salt, version, createdAt, updatedAt],
      );
    } catch (error) {
      throw isUniqueViolation(error, 'feature_flag_key_in_use') ? featureFlagErrors.keyTaken() : error;
    }
  }

  async save(tx: Tx, { state }: FeatureFlag): Promise<void> {
    const { id, description, enabled, variants, defaultVariant, offVariant, rules, salt, version, updatedAt, archivedAt } = state;
    await tx.query(
      `UPDATE tenancy.feature_flag SET description = $2, enabled = $3, variants = $4, default_variant = $5, off_variant = $6, rules = $7, salt = $8,
         version = $9, updated_at = $10, archived_at = $11 WHERE id = $1`,
      [id, description, enabled, JSON.stringify(variants), defaultVariant, offVariant, JSON.stringify(rules), salt, version, updatedAt, archivedAt],
    );
  }

  async insertChange(tx: Tx, { flagId, key, action, version, operatorId, reason, before, after, at }: NewFlagChange): Promise<void> {
    await tx.query(
      `INSERT INTO tenancy.feature_flag_change (flag_id, key, action, version, operator_id, reason, before, after, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [flagId, key, action, version, operatorId, reason, before === null ? null : JSON.stringify(before), after === null ? null : JSON.stringify(after), at],
    );
  }

  /** Of all flags that had the key, newest first. @param before only those before this number */
  async listChanges(conn: Conn, key: string, before: number | null, limit: number): Promise<readonly FlagChange[]> {
    return await conn.query<FlagChange>(
      `SELECT sequence::float8 AS sequence, flag_id AS "flagId", key, action, version, operator_id AS "operatorId", reason, before, after, at
       FROM tenancy.feature_flag_change WHERE key = $1 AND ($2::bigint IS NULL OR sequence < $2) ORDER BY sequence DESC LIMIT $3`,
      [key, before, limit],
    );
  }

  /** A system query: all flags in use, or the one of the key, by key; with the tenant's tier. Null for whoever has no tenant. */
  async readForTenant(tenantId: string | null, key: string | null): Promise<FlagsForTenant> {
    return await this.transactor.readSystem('evaluate_flags', async (conn) => {
      const flags = await conn.query<FlagDefinition>(
        `SELECT ${definition} FROM tenancy.feature_flag WHERE archived_at IS NULL AND ($1::text IS NULL OR key = $1) ORDER BY key`,
        [key],
      );
      const asked = tenantId !== null && flags.some(({ rules }) => rules.some(({ tiers }) => tiers !== undefined));
      return { flags, tier: asked ? await tierOf(conn, tenantId) : null };
    });
  }

  /** A system query, as `readForTenant`. Null where there is no such tenant. */
  async findTier(tenantId: string): Promise<Tier | null> {
    return await this.transactor.readSystem('evaluate_flags', (conn) => tierOf(conn, tenantId));
  }
}

/** Null where there is no such tenant. */
async function tierOf(conn: Conn, tenantId: string): Promise<Tier | null> {
  const [row] = await conn.query<{ tier: Tier }>('SELECT tier FROM tenancy.tenant WHERE id = $1', [tenantId]);
  return row?.tier ?? null;
}

function found([state]: readonly FlagState[]): FeatureFlag {
  if (state === undefined) throw featureFlagErrors.notFound();
  return new FeatureFlag(state);
}
