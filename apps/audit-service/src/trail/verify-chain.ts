import { isSignedHead, type ChainHead, type HeadKeys } from './chain-head.js';
import { ChainWalk, type ChainRow } from './chain-walk.js';
import { nameMoved, nameReordered, wantedFor, type LocateRows } from './classify.js';
import { maxFindings, type Finding, type VerificationReport } from './findings.js';
import { zeroHash } from './leaf.js';
import type { SubjectKeys } from './personal-values.js';
import { timeOf } from './stored-entry.js';

/** A row of `audit.chain_head` as SQL gives it. */
export interface HeadRow {
  readonly size: string;
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly updated_at: string;
  readonly key_id: string;
  readonly signature: string;
}

export interface ChainToVerify {
  readonly tenantId: string;
  readonly head: HeadRow | null;
  /** In the order of their sequence, from the same snapshot as the head. */
  readonly rows: AsyncIterable<ChainRow>;
  readonly keys: Pick<HeadKeys, 'verify'>;
  /** Of the row that comes next, at least. */
  readonly subjectKeys: SubjectKeys;
  readonly locate: LocateRows;
}

/**
 * Verifies one log from its first entry to its signed head, in constant memory.
 *
 * Found is every edit of a column of entry, leaf or head, every deleted, inserted, swapped or moved row, a cut tail and
 * a rewritten one, with the first bad sequence. Not found is the whole set of rows and head put back to an earlier
 * state: that takes a signed checkpoint kept elsewhere.
 */
export async function verifyChain({ tenantId, head, rows, keys, subjectKeys, locate }: ChainToVerify): Promise<VerificationReport> {
  const signed = head === null ? null : signedHead(tenantId, head, keys);
  const walk = new ChainWalk(tenantId, signed, subjectKeys);
  for await (const row of rows) walk.see(row);
  walk.end();

  const { anomalies } = walk;
  nameReordered(tenantId, anomalies);
  const wanted = wantedFor(anomalies);
  if (wanted.ids.length + wanted.hashes.length > 0) nameMoved(anomalies, await locate(wanted));

  const findings: Finding[] = anomalies.map(({ sequence, kind, detail }) => ({ sequence, kind, detail }));
  const unanchored = signed === null && (head !== null || walk.last > 0 || anomalies.length > 0);
  if (unanchored) findings.push({ sequence: walk.last, kind: 'unanchored', detail: unanchoredDetail(head) });
  const findingsTotal = walk.anomaliesTotal + (unanchored ? 1 : 0);
  return {
    valid: findingsTotal === 0,
    entries: walk.entries,
    erasedSubjects: walk.erasedSubjects,
    headSize: signed?.size ?? 0,
    headHash: signed?.hash ?? zeroHash,
    findings: findings.toSorted((one, other) => one.sequence - other.sequence).slice(0, maxFindings),
    findingsTotal,
  };
}

/** The head, if one of the keys signed it as it stands. */
export function signedHead(tenantId: string, row: HeadRow, keys: Pick<HeadKeys, 'verify'>): ChainHead | null {
  try {
    const { hash, key_id: keyId, signature } = row;
    const head: ChainHead = { tenantId, size: Number(row.size), hash, updatedAt: timeOf(row.updated_at), keyId, signature };
    return isSignedHead(head, keys) ? head : null;
  } catch {
    return null; // e.g. an infinite time, which no head was ever signed with
  }
}

function unanchoredDetail(head: HeadRow | null): string {
  if (head === null) return 'The head is missing: nothing says where the log ends.';
  if (head.signature === '') return 'The head was left unsigned, because it or the tail was not as signed when an entry arrived.';
  return 'The head does not carry the signature of a known key: it was changed, or the key is not in AUDIT_SIGNING_KEYS.';
}
