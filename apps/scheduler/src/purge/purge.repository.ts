import { Injectable } from '@nestjs/common';
import { services } from '@plinth/contracts';
import type { Conn, Tx } from '@plinth/database';

export type PurgeFunction = 'purge_outbox' | 'purge_idempotency' | 'purge_inbox' | 'purge_dead_letters';

/** A purge function that a service's migrations have put into its schema. */
export interface PurgeTarget {
  readonly schema: string;
  readonly purge: PurgeFunction;
}

const functions: readonly PurgeFunction[] = ['purge_outbox', 'purge_idempotency', 'purge_inbox', 'purge_dead_letters'];

/**
 * The scheduler's way into other services' schemas: their purge functions and nothing else. Each call
 * deletes a bounded number of rows; cut-off times are the database's, for so are the rows'.
 */
@Injectable()
export class PurgeRepository {
  /** What this role may call, in the schemas that the suite knows: a service that is not migrated yet is left out. */
  async listTargets(conn: Conn): Promise<PurgeTarget[]> {
    return await conn.query<PurgeTarget>(TARGETS, [services.map(({ schema }) => schema), functions]);
  }

  /** @returns how many rows are gone; fewer than `maxRows` means that no more could be deleted */
  async purgeOutbox(tx: Tx, schema: string, keptHours: number, maxRows: number): Promise<number> {
    return await this.call(tx, `SELECT ${schema}.purge_outbox(now() - make_interval(hours => $1), $2) AS gone`, [keptHours, maxRows]);
  }

  /** As `purgeOutbox`. */
  async purgeIdempotency(tx: Tx, schema: string, maxRows: number): Promise<number> {
    return await this.call(tx, `SELECT ${schema}.purge_idempotency(now(), $1) AS gone`, [maxRows]);
  }

  /** As `purgeOutbox`. */
  async purgeInbox(tx: Tx, schema: string, topic: string, keptMs: number, maxRows: number): Promise<number> {
    return await this.call(tx, `SELECT ${schema}.purge_inbox($1, now() - make_interval(secs => $2), $3) AS gone`, [topic, keptMs / 1000, maxRows]);
  }

  /** As `purgeOutbox`. */
  async purgeDeadLetters(tx: Tx, schema: string, keptHours: number, maxRows: number): Promise<number> {
    return await this.call(tx, `SELECT ${schema}.purge_dead_letters(now() - make_interval(hours => $1), $2) AS gone`, [keptHours, maxRows]);
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
