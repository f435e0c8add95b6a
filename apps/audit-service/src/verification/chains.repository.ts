import { Injectable } from '@nestjs/common';
import type { Conn } from '@plinth/database';
import type { ChainRow, LeafRow } from '../trail/chain-walk.js';
import type { LocatedRow, WantedRows } from '../trail/classify.js';
import { entryColumns, headColumns, leafColumns } from '../trail/row-columns.js';
import type { EntryRow } from '../trail/stored-entry.js';
import type { HeadRow } from '../trail/verify-chain.js';

/** Rows of a page: few enough that hashing them keeps no other request waiting for long. */
const pageSize = 200;

// The whole range of bigint: verification looks below the first and beyond the last number that a service would give.
const lowestSequence = -(2n ** 63n);
const highestSequence = 2n ** 63n - 1n;

/** Reads of whole logs. */
@Injectable()
export class ChainsRepository {
  async findHead(conn: Conn, tenantId: string): Promise<HeadRow | null> {
    const rows = await conn.query<HeadRow>(`SELECT ${headColumns('head')} FROM audit.chain_head head WHERE tenant_id = $1`, [tenantId]);
    return rows[0] ?? null;
  }

  /** A log by sequence; the pages show one moment if the transaction is a snapshot. */
  async *chainPages(conn: Conn, tenantId: string): AsyncGenerator<ChainRow[]> {
    let from = lowestSequence;
    for (;;) {
      const page = await conn.query<JoinedRow>(CHAIN_PAGE, [tenantId, String(from), pageSize]);
      yield page.map(chainRowOf);
      const last = BigInt(page.at(-1)?.chain_sequence ?? highestSequence);
      if (page.length < pageSize || last === highestSequence) return;
      from = last + 1n;
    }
  }

  /** Rows of other logs, by the `_system` role. Its walk over all leaves is paid only where something is wrong. */
  async locateRows(conn: Conn, tenantId: string, { ids, hashes }: WantedRows): Promise<LocatedRow[]> {
    const rows = await conn.query<Omit<LocatedRow, 'sequence'> & { sequence: string }>(LOCATE, [tenantId, ids, hashes]);
    return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
  }
}

type Prefixed<T> = { readonly [K in keyof T & string as `leaf_${K}`]: T[K] | null };
type JoinedRow = EntryRow & Prefixed<LeafRow> & { readonly chain_sequence: string };

function chainRowOf(row: JoinedRow): ChainRow {
  const leaf = {
    sequence: row.leaf_sequence,
    id: row.leaf_id,
    occurred_at: row.leaf_occurred_at,
    content_hash: row.leaf_content_hash,
    previous_hash: row.leaf_previous_hash,
    hash: row.leaf_hash,
  };
  return {
    sequence: Number(row.chain_sequence),
    // The columns of a partner that is missing are all null; its key never is.
    entry: (row.sequence as string | null) === null ? null : row,
    leaf: leaf.sequence === null ? null : (leaf as LeafRow),
  };
}

/**
 * A full join, because either partner may be missing. Each half is cut to a page by itself, along its primary key: what
 * a page needs is in there, and the join has no more to sort than two pages, however long the log is.
 */
const CHAIN_PAGE = `
  SELECT coalesce(entry.sequence, leaf.sequence)::text AS chain_sequence, ${entryColumns('entry')}, ${leafColumns('leaf', 'leaf_')}
  FROM (SELECT * FROM audit.entry WHERE tenant_id = $1 AND sequence >= $2 ORDER BY sequence LIMIT $3) entry
    FULL JOIN (SELECT * FROM audit.leaf WHERE tenant_id = $1 AND sequence >= $2 ORDER BY sequence LIMIT $3) leaf
    ON leaf.sequence = entry.sequence
  ORDER BY coalesce(entry.sequence, leaf.sequence)
  LIMIT $3`;

const LOCATE = `
  SELECT 'leaf' AS table, tenant_id AS "tenantId", sequence::text, id, hash, previous_hash AS "previousHash"
  FROM audit.leaf WHERE tenant_id <> $1 AND (id = ANY ($2::uuid[]) OR hash = ANY ($3::text[]) OR previous_hash = ANY ($3::text[]))
  UNION ALL
  SELECT 'entry', tenant_id, sequence::text, id, NULL, NULL FROM audit.entry WHERE tenant_id <> $1 AND id = ANY ($2::uuid[])`;
