import { Injectable } from '@nestjs/common';
import { services } from '@plinth/contracts';
import type { Conn, Tx } from '@plinth/database';

/** The functions that take a cut-off time and a number of rows, and the one that takes a topic before them. */
const byAge = ['purge_outbox', 'purge_idempotency', 'purge_dead_letters', 'purge_revocations', 'purge_quota_grants', 'purge_mail', 'purge_exports', 'purge_login_attempts', 'purge_job_runs'] as const;
const byTopic = 'purge_inbox';

export type PurgeFunction = (typeof byAge)[number] | typeof byTopic;

/** A purge function that a service's migrations have put into its schema. */
export interface PurgeTarget {
  readonly schema: string;
  readonly purge: PurgeFunction;
}

/**
 * The scheduler's way into other services' schemas, and to what of its own it may delete: their purge functions and nothing
 * else. Each call deletes a bounded number of rows; cut-off times are the database's, for so are the rows'.
 */
@Injectable()
export class PurgeRepository {
  /** What this role may call, in the schemas that the suite knows: a service that is not migrated yet is left out. */
  async listTargets(conn: Conn): Promise<PurgeTarget[]> {
    return await conn.query<PurgeTarget>(TARGETS, [services.map(({ schema }) => schema), [...byAge, byTopic]]);
  }

  /**
   * @param keptMs how long a row is kept after the moment that its table goes by, in milliseconds
   * @returns how many rows are gone; fewer than `maxRows` means that no more could be deleted
   */
  async purge(tx: Tx, { schema, purge }: PurgeTarget, keptMs: number, maxRows: number): Promise<number> {
    return await this.call(tx, `SELECT ${schema}.${purge}(now() - make_interval(secs => $1), $2) AS gone`, [keptMs / 1000, maxRows]);
  }

  /** As `purge`, of one topic. */
  async purgeInbox(tx: Tx, schema: string, topic: string, keptMs: number, maxRows: number): Promise<number> {
    return await this.call(tx, `SELECT ${schema}.${byTopic}($1, now() - make_interval(secs => $2), $3) AS gone`, [topic, keptMs / 1000, maxRows]);
  }

  private async call(tx: Tx, sql: string, parameters: readonly unknown[]): Promise<number> {
    const [row] = await tx.query<{ gone: number }>(sql, parameters);
    return row?.gone ?? 0;
  }
}

const TARGETS = `
  SELECT n.nspname AS schema, p.proname AS purge
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = ANY ($1::text[]) AND p.proname = ANY ($2::text[])
    AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')
  ORDER BY 1, 2`;
