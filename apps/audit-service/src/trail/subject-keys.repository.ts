import { Injectable } from '@nestjs/common';
import type { Conn, Tx } from '@plinth/database';
import type { SubjectKeyRow } from './subject-key-ring.js';

/** A subject within a log. */
export interface LogSubject {
  readonly tenantId: string;
  readonly subject: string;
}

interface LogSubjectKey extends LogSubject, SubjectKeyRow {}

@Injectable()
export class SubjectKeysRepository {
  /** Of one log, as its tenant may. */
  async listKeys(conn: Conn, tenantId: string, subjects: readonly string[]): Promise<SubjectKeyRow[]> {
    return await conn.query<SubjectKeyRow>('SELECT subject, wrapped FROM audit.subject_key WHERE tenant_id = $1 AND subject = ANY ($2::text[])', [tenantId, subjects]);
  }

  /** Of several logs, by the `_system` role. */
  async listKeysOfLogs(tx: Tx, wanted: readonly LogSubject[]): Promise<LogSubjectKey[]> {
    return await tx.query<LogSubjectKey>(
      `SELECT key.tenant_id AS "tenantId", key.subject, key.wrapped
       FROM unnest($1::uuid[], $2::text[]) AS wanted (tenant_id, subject) JOIN audit.subject_key key USING (tenant_id, subject)`,
      columnsOf(wanted),
    );
  }

  /** Shared by who adds keys, until the end of the transaction. */
  async lockAdding(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock_shared(hashtextextended('plinth audit subject keys', 0))`);
  }

  /** Alone: keys that are being added are there then, and no others come before the end of the transaction. */
  async lockErasing(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('plinth audit subject keys', 0))`);
  }

  /**
   * Adds a key to each subject that has none, at once and in one order, so that two batches wait for each other and never both; a
   * subject that was erased gets a destroyed one.
   *
   * @param wrapped a new key for each
   * @returns those that got a destroyed one, with the erasure
   */
  async addKeys(tx: Tx, added: readonly LogSubject[], wrapped: readonly Buffer[], at: Date): Promise<(LogSubject & { readonly erasureId: string })[]> {
    return await tx.query<LogSubject & { readonly erasureId: string }>(
      `WITH added AS (
         INSERT INTO audit.subject_key (tenant_id, subject, wrapped, created_at, destroyed_at)
         SELECT wanted.tenant_id, wanted.subject, CASE WHEN erasure.subject IS NULL THEN wanted.wrapped END, $4, CASE WHEN erasure.subject IS NOT NULL THEN $4::timestamptz END
         FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS wanted (tenant_id, subject, wrapped)
           LEFT JOIN audit.subject_erasure erasure ON erasure.subject = wanted.subject
         ORDER BY wanted.tenant_id, wanted.subject
         ON CONFLICT DO NOTHING
         RETURNING tenant_id, subject, destroyed_at
       )
       SELECT added.tenant_id AS "tenantId", added.subject, erasure.erasure_id AS "erasureId"
       FROM added JOIN audit.subject_erasure erasure ON erasure.subject = added.subject WHERE added.destroyed_at IS NOT NULL`,
      [...columnsOf(added), wrapped, at],
    );
  }

  /** From now on nothing is written of these subjects. Who was erased stays so. */
  async insertErasures(tx: Tx, erasureId: string, subjects: readonly string[], at: Date): Promise<void> {
    await tx.query(
      `INSERT INTO audit.subject_erasure (subject, erasure_id, erased_at) SELECT subject, $2, $3 FROM unnest($1::text[]) AS erased (subject) ORDER BY subject ON CONFLICT DO NOTHING`,
      [subjects, erasureId, at],
    );
  }

  /** By the `_system` role: erasures by id, each with those whom it was of. Index: idx_subject_erasure_id. @param after null from the first on */
  async listErasures(conn: Conn, after: string | null, limit: number): Promise<readonly { readonly id: string; readonly subjects: readonly string[] }[]> {
    return await conn.query(
      `SELECT erasure_id AS id, array_agg(subject ORDER BY subject) AS subjects FROM audit.subject_erasure
       WHERE $1::uuid IS NULL OR erasure_id > $1 GROUP BY erasure_id ORDER BY erasure_id LIMIT $2`,
      [after, limit],
    );
  }

  /** By the `_system` role: a person stands in several logs. */
  async getErasure(conn: Conn, erasureId: string): Promise<{ readonly erasedAt: string | null; readonly logs: number; readonly keys: number }> {
    const [row] = await conn.query<{ erasedAt: Date | null; logs: number; keys: number }>(
      `SELECT min(erasure.erased_at) AS "erasedAt", count(DISTINCT key.tenant_id)::int AS logs, count(key.subject)::int AS keys
       FROM audit.subject_erasure erasure LEFT JOIN audit.subject_key key ON key.subject = erasure.subject AND key.destroyed_at IS NOT NULL
       WHERE erasure.erasure_id = $1`,
      [erasureId],
    );
    return { erasedAt: row?.erasedAt?.toISOString() ?? null, logs: row?.logs ?? 0, keys: row?.keys ?? 0 };
  }

  /** Destroys the keys of these subjects in all logs. @returns those that were destroyed now */
  async destroyKeys(tx: Tx, subjects: readonly string[], at: Date): Promise<LogSubject[]> {
    return await tx.query<LogSubject>(
      `WITH doomed AS MATERIALIZED (
         SELECT tenant_id, subject FROM audit.subject_key WHERE subject = ANY ($1::text[]) AND destroyed_at IS NULL ORDER BY tenant_id, subject FOR UPDATE
       ), destroyed AS (
         UPDATE audit.subject_key key SET wrapped = NULL, destroyed_at = $2 FROM doomed
         WHERE key.tenant_id = doomed.tenant_id AND key.subject = doomed.subject RETURNING key.tenant_id, key.subject
       )
       SELECT tenant_id AS "tenantId", subject FROM destroyed ORDER BY tenant_id, subject`,
      [subjects, at],
    );
  }
}

function columnsOf(subjects: readonly LogSubject[]): [string[], string[]] {
  return [subjects.map(({ tenantId }) => tenantId), subjects.map(({ subject }) => subject)];
}
