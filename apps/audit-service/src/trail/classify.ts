import { leafHashAt, type Anomaly, type LeafRow } from './chain-walk.js';
import { maxFindings } from './findings.js';

/** A row of another log that may explain an anomaly in this one. */
export interface LocatedRow {
  readonly table: 'entry' | 'leaf';
  readonly tenantId: string;
  readonly sequence: number;
  readonly id: string;
  /** Of a leaf; null for an entry. */
  readonly hash: string | null;
  readonly previousHash: string | null;
}

/** What is looked for in other logs: rows by id, leaves by their hash or their previous hash. */
export interface WantedRows {
  readonly ids: readonly string[];
  readonly hashes: readonly string[];
}

export type LocateRows = (wanted: WantedRows) => Promise<readonly LocatedRow[]>;

/** Names those anomalies `reordered` whose parts stand at, or belong to, another anomalous place of the same log. */
export function nameReordered(tenantId: string, anomalies: readonly Anomaly[]): void {
  // Where something belongs: a row that was put in from outside has no home to offer.
  const homesOffered = anomalies.filter(({ kind }) => kind !== 'inserted');
  const byLeafId = new Map<string, number>();
  const byContentHash = new Map<string, number>();
  for (const { row, sequence } of homesOffered) {
    if (row?.leaf) {
      byLeafId.set(row.leaf.id, sequence);
      byContentHash.set(row.leaf.content_hash, sequence);
    }
  }
  // Bounded: every leaf is tried at every place, and only so many are reported anyway.
  const places = [...new Set(homesOffered.map(({ sequence }) => sequence))].slice(0, maxFindings);
  const involved = new Set<number>();
  for (const { row, sequence, contentHash } of anomalies.slice(0, maxFindings)) {
    const leaf = row?.leaf;
    const homes = [
      byLeafId.get(row?.entry?.id ?? ''),
      byContentHash.get(contentHash ?? ''),
      leaf ? places.find((place) => leafHashAt(tenantId, place, leaf) === leaf.hash) : undefined,
    ];
    for (const home of homes) {
      if (home !== undefined && home !== sequence) involved.add(sequence).add(home);
    }
  }
  for (const anomaly of anomalies) {
    if (anomaly.kind === 'forked' || !involved.has(anomaly.sequence)) continue;
    anomaly.kind = 'reordered';
    anomaly.detail = 'What stands at this place belongs to another one of this log, or the other way round.';
  }
}

/** What to look for in other logs, to tell what was moved out of or into this one. */
export function wantedFor(anomalies: readonly Anomaly[]): WantedRows {
  const ids = new Set<string>();
  const hashes = new Set<string>();
  for (const { row, expectedHash } of unexplained(anomalies)) {
    if (row?.entry) ids.add(row.entry.id);
    if (row?.leaf) {
      ids.add(row.leaf.id);
      hashes.add(row.leaf.hash).add(row.leaf.previous_hash);
    }
    if (expectedHash !== undefined) hashes.add(expectedHash);
  }
  return { ids: [...ids], hashes: [...hashes] };
}

/** Names those anomalies `moved` whose parts stand in, or belong to, the log of another tenant. */
export function nameMoved(anomalies: readonly Anomaly[], elsewhere: readonly LocatedRow[]): void {
  const ids = new Set(elsewhere.map(({ id }) => id));
  const hashes = new Set(elsewhere.map(({ hash }) => hash));
  for (const anomaly of unexplained(anomalies)) {
    const { row, expectedHash } = anomaly;
    const leaf = row?.leaf;
    const wentAway = expectedHash !== undefined && hashes.has(expectedHash);
    const sharesId = (row?.entry && ids.has(row.entry.id)) || (leaf && ids.has(leaf.id));
    if (!wentAway && !sharesId && !(leaf && elsewhere.some((other) => belongsBeside(leaf, other)))) continue;
    anomaly.kind = 'moved';
    anomaly.detail = 'What stands at this place belongs to the log of another tenant, or the other way round.';
  }
}

/** Whether the leaf was made for the place right after, or right before, a leaf of another log. */
function belongsBeside(leaf: LeafRow, { tenantId, sequence, hash, previousHash }: LocatedRow): boolean {
  const after = hash === leaf.previous_hash && leafHashAt(tenantId, sequence + 1, leaf) === leaf.hash;
  return after || (previousHash === leaf.hash && leafHashAt(tenantId, sequence - 1, leaf) === leaf.hash);
}

function unexplained(anomalies: readonly Anomaly[]): readonly Anomaly[] {
  return anomalies.slice(0, maxFindings).filter(({ kind }) => kind !== 'reordered' && kind !== 'forked');
}
