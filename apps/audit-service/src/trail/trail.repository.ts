import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import type { ChainHead } from './chain-head.js';
import type { SealedContent } from './content.js';
import { zeroHash, type Leaf } from './leaf.js';
import type { KeptValue } from './personal-values.js';
import { headColumns } from './row-columns.js';
import { contentValues } from './stored-entry.js';
import type { HeadRow } from './verify-chain.js';

/** What an entry is known by; UUIDs in lower case. */
export interface EntryId {
  readonly tenantId: string;
  readonly id: string;
}

/** A log as it stands under the lock of its head. */
export interface ClaimedLog {
  readonly tenantId: string;
  readonly head: HeadRow;
  /** The highest sequence that is taken; 0 for none. */
  readonly last: number;
  /** Hash of the highest leaf; 64 zeros for none. */
  readonly lastHash: string;
}

/** An entry in its place. */
export interface NumberedEntry {
  readonly content: SealedContent;
  /** Its personal values as they are kept. */
  readonly personal: Readonly<Record<string, KeptValue>>;
  readonly leaf: Leaf;
}

/** Writes of the logs, by the `_system` role: a service's consumer appends for every tenant. */
@Injectable()
export class TrailRepository {
  /**
   * These tenants' logs, locked until the end of the transaction, so that appends to one log queue; begun where there is
   * none. All at once: who comes for a second log while it holds a first one may wait for ever.
   */
  async claimLogs(tx: Tx, tenantIds: readonly string[]): Promise<ClaimedLog[]> {
    const heads = await tx.query<HeadRow & { readonly tenant_id: string }>(CLAIM_HEADS, [tenantIds, zeroHash]);
    const tails = await tx.query<{ tenant_id: string; last: string; last_hash: string | null }>(FIND_TAILS, [tenantIds]);
    const tailOf = new Map(tails.map((tail) => [tail.tenant_id, tail]));
    return heads.map(({ tenant_id: tenantId, ...head }) => {
      const tail = tailOf.get(tenantId);
      if (tail === undefined) throw new Error('a query answered no row for a tenant that it was asked for');
      return { tenantId, head, last: Number(tail.last), lastHash: tail.last_hash ?? zeroHash };
    });
  }

  /** Those of the entries that their logs hold. */
  async listRecorded(tx: Tx, entries: readonly EntryId[]): Promise<EntryId[]> {
    const rows = await tx.query<{ tenant_id: string; id: string }>(LIST_RECORDED, [entries.map(({ id }) => id), entries.map(({ tenantId }) => tenantId)]);
    return rows.map(({ tenant_id: tenantId, id }) => ({ tenantId, id }));
  }

  /** The lowest so many sequences above `size` at which nothing stands. */
  async listFreePlaces(tx: Tx, tenantId: string, size: number, count: number): Promise<number[]> {
    const rows = await tx.query<{ place: string }>(LIST_FREE_PLACES, [tenantId, size, count]);
    return rows.map(({ place }) => Number(place));
  }

  /** @param heads the new ones of all logs that the entries are of */
  async append(tx: Tx, entries: readonly NumberedEntry[], heads: readonly ChainHead[]): Promise<void> {
    await tx.query(APPEND, [
      ...columnsOf(heads.map(({ tenantId, size, hash, updatedAt, keyId, signature }) => [tenantId, size, hash, updatedAt, keyId, signature])),
      ...columnsOf(entries.map(({ leaf, content, personal }) => [...leafValues(leaf), ...contentValues(content, personal)])),
    ]);
  }
}

function leafValues({ tenantId, sequence, id, occurredAt, contentHash, previousHash, hash }: Leaf) {
  return [tenantId, sequence, id, occurredAt, contentHash, previousHash, hash];
}

/** Rows as `unnest` takes them: an array a column. */
function columnsOf<T>(rows: readonly (readonly T[])[]): T[][] {
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] as T));
}

/**
 * The locks are row locks: they end with the transaction, whatever becomes of the process. They are taken, and logs begun,
 * in the order of the ids in one pass, so that two batches of some of the same tenants wait for one another and never both;
 * the update that changes nothing is how an insert takes the lock of a row that is there. A log begins unsigned and of size 0:
 * that vouches for nothing, and is replaced in the same transaction.
 */
const CLAIM_HEADS = `
  INSERT INTO audit.chain_head AS head (tenant_id, size, hash, updated_at, key_id, signature)
  SELECT tenant_id, 0, $2, now(), '', '' FROM unnest($1::uuid[]) AS wanted (tenant_id) ORDER BY tenant_id
  ON CONFLICT (tenant_id) DO UPDATE SET size = head.size
  RETURNING head.tenant_id, ${headColumns('head')}`;

/**
 * A statement of its own after the locks: the one that waited for a lock sees the log as it was before. Sequences that
 * no service reaches, put in by hand, do not count as the last one. All look-ups are on unique indexes.
 */
const FIND_TAILS = `
  SELECT
    log.tenant_id,
    greatest(
      0,
      (SELECT max(sequence) FROM audit.entry WHERE tenant_id = log.tenant_id AND sequence < 4503599627370496),
      (SELECT max(sequence) FROM audit.leaf WHERE tenant_id = log.tenant_id AND sequence < 4503599627370496)
    )::text AS last,
    (SELECT hash FROM audit.leaf WHERE tenant_id = log.tenant_id AND sequence < 4503599627370496 ORDER BY sequence DESC LIMIT 1) AS last_hash
  FROM unnest($1::uuid[]) AS log (tenant_id)`;

/** After the locks, as well. An index on both columns answers for each. */
const LIST_RECORDED = `
  SELECT entry.tenant_id, entry.id
  FROM unnest($1::uuid[], $2::uuid[]) AS wanted (id, tenant_id) JOIN audit.entry USING (id, tenant_id)`;

/**
 * Only in a log that was tampered with: looks at as many places as there are rows that somebody put in, and the wanted
 * ones besides, of which that many are free at least.
 */
const LIST_FREE_PLACES = `
  WITH taken AS MATERIALIZED (
    SELECT sequence FROM audit.entry WHERE tenant_id = $1 AND sequence > $2 AND sequence < 4503599627370496
    UNION SELECT sequence FROM audit.leaf WHERE tenant_id = $1 AND sequence > $2 AND sequence < 4503599627370496
  )
  SELECT place::text FROM (
    SELECT generate_series($2::bigint + 1, $2::bigint + $3::bigint + (SELECT count(*) FROM taken)) AS place
    EXCEPT SELECT sequence FROM taken
  ) free
  ORDER BY free.place
  LIMIT $3`;

/** One round trip under the locks: what waits for them is every other append to these logs. */
const APPEND = `
  WITH advanced AS (
    UPDATE audit.chain_head head
    SET size = next.size, hash = next.hash, updated_at = next.updated_at, key_id = next.key_id, signature = next.signature
    FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
      AS next (tenant_id, size, hash, updated_at, key_id, signature)
    WHERE head.tenant_id = next.tenant_id
  ), appended AS MATERIALIZED (
    SELECT * FROM unnest(
      $7::uuid[], $8::bigint[], $9::uuid[], $10::timestamptz[], $11::text[], $12::text[], $13::text[],
      $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[]
    ) AS row (
      tenant_id, sequence, id, occurred_at, content_hash, previous_hash, hash,
      actor_type, actor_id, action, resource_type, resource_id, outcome, request_id, trace_id, reason, before, after, personal
    )
  ), appended_leaf AS (
    INSERT INTO audit.leaf (tenant_id, sequence, id, occurred_at, content_hash, previous_hash, hash)
    SELECT tenant_id, sequence, id, occurred_at, content_hash, previous_hash, hash FROM appended
  )
  INSERT INTO audit.entry (tenant_id, sequence, id, occurred_at, actor_type, actor_id, action, resource_type, resource_id,
    outcome, request_id, trace_id, reason, before, after, personal)
  SELECT tenant_id, sequence, id, occurred_at, actor_type, actor_id, action, resource_type, resource_id,
    outcome, request_id, trace_id, reason, before::jsonb, after::jsonb, personal::jsonb
  FROM appended`;
