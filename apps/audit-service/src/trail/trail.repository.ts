import { Injectable } from '@nestjs/common';
import type { Tx } from '@plinth/database';
import type { ChainHead } from './chain-head.js';
import type { SealedContent } from './content.js';
import { zeroHash, type Leaf } from './leaf.js';
import { headColumns } from './row-columns.js';
import { contentValues } from './stored-entry.js';
import type { HeadRow } from './verify-chain.js';

/** What stands in a log besides its head, seen under the lock of the head. */
export interface Tail {
  /** An entry with the id is in the log already. */
  readonly recorded: boolean;
  /** Something stands where the signed head says that the next entry goes. */
  readonly nextTaken: boolean;
  /** The highest sequence that is taken; 0 for none. */
  readonly last: number;
  /** Hash of the highest leaf; 64 zeros for none. */
  readonly lastHash: string;
}

/** Writes of the logs, by the `_system` role: a service's consumer appends for every tenant. */
@Injectable()
export class TrailRepository {
  /** The log's head, locked until the end of the transaction, so that appends to one log queue; made where there is none. */
  async claimHead(tx: Tx, tenantId: string): Promise<HeadRow> {
    const [head] = await tx.query<HeadRow>(CLAIM_HEAD, [tenantId]);
    if (head !== undefined) return head;
    await tx.query(BEGIN_LOG, [tenantId, zeroHash]);
    const [begun] = await tx.query<HeadRow>(CLAIM_HEAD, [tenantId]);
    if (begun === undefined) throw new Error('the head of a log that was just begun is not there');
    return begun;
  }

  async findTail(tx: Tx, tenantId: string, size: number, id: string): Promise<Tail> {
    const [row] = await tx.query<{ recorded: boolean; next_taken: boolean; last: string; last_hash: string | null }>(FIND_TAIL, [
      tenantId,
      id,
      size + 1,
    ]);
    if (row === undefined) throw new Error('a query without FROM answered no row');
    return { recorded: row.recorded, nextTaken: row.next_taken, last: Number(row.last), lastHash: row.last_hash ?? zeroHash };
  }

  /** The lowest sequence above `size` at which nothing stands, where something stands right after it. */
  async findFreePlace(tx: Tx, tenantId: string, size: number): Promise<number> {
    const [row] = await tx.query<{ sequence: string }>(FIND_FREE_PLACE, [tenantId, size]);
    if (row === undefined) throw new Error('every place of the log is taken');
    return Number(row.sequence);
  }

  async append(tx: Tx, content: SealedContent, leaf: Leaf, head: ChainHead): Promise<void> {
    const { tenantId, sequence, id, occurredAt, contentHash, previousHash, hash } = leaf;
    await tx.query(APPEND, [
      ...[tenantId, sequence, id, occurredAt, contentHash, previousHash, hash],
      ...[head.updatedAt, head.keyId, head.signature],
      ...contentValues(content),
    ]);
  }
}

/** The lock is a row lock: it ends with the transaction, whatever becomes of the process. */
const CLAIM_HEAD = `SELECT ${headColumns('head')} FROM audit.chain_head head WHERE tenant_id = $1 FOR UPDATE`;

/** Unsigned and of size 0: it vouches for nothing, and is replaced in the same transaction. Two that begin at once: one waits. */
const BEGIN_LOG = `
  INSERT INTO audit.chain_head (tenant_id, size, hash, updated_at, key_id, signature) VALUES ($1, 0, $2, now(), '', '')
  ON CONFLICT (tenant_id) DO NOTHING`;

/**
 * A statement of its own after the lock: the one that waited for the lock sees the log as it was before. Sequences that
 * no service reaches, put in by hand, do not count as the last one. All five look-ups are on unique indexes.
 */
const FIND_TAIL = `
  SELECT
    EXISTS (SELECT FROM audit.entry WHERE id = $2 AND tenant_id = $1) AS recorded,
    EXISTS (SELECT FROM audit.entry WHERE tenant_id = $1 AND sequence = $3)
      OR EXISTS (SELECT FROM audit.leaf WHERE tenant_id = $1 AND sequence = $3) AS next_taken,
    greatest(
      0,
      (SELECT max(sequence) FROM audit.entry WHERE tenant_id = $1 AND sequence < 4503599627370496),
      (SELECT max(sequence) FROM audit.leaf WHERE tenant_id = $1 AND sequence < 4503599627370496)
    )::text AS last,
    (SELECT hash FROM audit.leaf WHERE tenant_id = $1 AND sequence < 4503599627370496 ORDER BY sequence DESC LIMIT 1) AS last_hash`;

/** Only in a log that was tampered with: walks along the rows that somebody put in. */
const FIND_FREE_PLACE = `
  SELECT (taken.sequence + 1)::text AS sequence
  FROM (
    SELECT sequence FROM audit.entry WHERE tenant_id = $1 AND sequence > $2 AND sequence < 4503599627370496
    UNION SELECT sequence FROM audit.leaf WHERE tenant_id = $1 AND sequence > $2 AND sequence < 4503599627370496
  ) taken
  WHERE NOT EXISTS (SELECT FROM audit.entry e WHERE e.tenant_id = $1 AND e.sequence = taken.sequence + 1)
    AND NOT EXISTS (SELECT FROM audit.leaf l WHERE l.tenant_id = $1 AND l.sequence = taken.sequence + 1)
  ORDER BY taken.sequence
  LIMIT 1`;

/** One round trip under the lock: what waits for the lock is every other append to this log. */
const APPEND = `
  WITH appended_leaf AS (
    INSERT INTO audit.leaf (tenant_id, sequence, id, occurred_at, content_hash, previous_hash, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
  ), appended_entry AS (
    INSERT INTO audit.entry (tenant_id, sequence, id, occurred_at, actor_type, actor_id, action, resource_type, resource_id,
      outcome, request_id, trace_id, reason, before, after, personal)
    VALUES ($1, $2, $3, $4, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20::jsonb, $21::jsonb, $22::jsonb)
  )
  UPDATE audit.chain_head SET size = $2, hash = $7, updated_at = $8, key_id = $9, signature = $10 WHERE tenant_id = $1`;
