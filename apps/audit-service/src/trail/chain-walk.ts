import { BrokenLinks } from './broken-links.js';
import { contentHashOf, type SealedContent } from './content.js';
import { ErasureEvidence } from './erasure-evidence.js';
import type { FindingKind } from './findings.js';
import { leafHashOf, zeroHash } from './leaf.js';
import type { SubjectKeys } from './personal-values.js';
import { sealedContentOf, timeOf, type EntryRow } from './stored-entry.js';

/** A row of `audit.leaf` as SQL gives it. */
export interface LeafRow {
  readonly sequence: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly occurred_at: string;
  readonly content_hash: string;
  readonly previous_hash: string;
  readonly hash: string;
}

/** What stands at one sequence of a log: of an untouched log, always both. */
export interface ChainRow {
  readonly sequence: number;
  readonly entry: EntryRow | null;
  readonly leaf: LeafRow | null;
}

/** Something wrong at a sequence, with the evidence by which it may be named better than at first sight. */
export interface Anomaly {
  readonly sequence: number;
  kind: FindingKind;
  detail: string;
  readonly row?: ChainRow | undefined;
  /** Hash of the content that the entry here has. */
  readonly contentHash?: string | undefined;
  /** Hash of the leaf that should stand here, as far as its successor or the head tells. */
  readonly expectedHash?: string | undefined;
}

/** The signed end of the log, or null where nothing vouches for an end. */
export type Anchor = { readonly size: number; readonly hash: string } | null;

/** As many are kept; more are counted. */
const keptAnomalies = 1000;

/** So many numbers that somebody else took are recognized as such in a row; beyond, the last of them counts as forked. */
const keptPositions = 64;

/**
 * Goes along a log, row by row in the order of the sequence, in constant memory, and notes what does not fit: rows that
 * contradict themselves or their partner, gaps, rows beyond the signed end, links that do not hold.
 */
export class ChainWalk {
  readonly anomalies: Anomaly[] = [];
  anomaliesTotal = 0;
  entries = 0;
  /** Highest sequence seen, of those within the numbering. */
  last = 0;

  private readonly links = new BrokenLinks((sequence, detail) => this.note({ sequence, kind: 'forked', detail }));
  /** Hash of the leaf at `last`; undefined where that leaf is missing or contradicts itself. */
  private lastHash: string | undefined = zeroHash;
  /** The last positions at which something stands, with the hash of a leaf that is whole. */
  private readonly recent: { readonly sequence: number; readonly hash: string | undefined }[] = [];
  private readonly erasures = new ErasureEvidence();
  /** Beginning of the run of incomplete positions that reaches up to `last`. */
  private incompleteFrom: number | undefined;

  constructor(
    private readonly tenantId: string,
    private readonly anchor: Anchor,
    private readonly subjectKeys: SubjectKeys,
  ) {}

  see(row: ChainRow): void {
    if (row.entry !== null) this.entries++;
    if (row.sequence < 1 || row.sequence > (this.anchor?.size ?? Number.MAX_SAFE_INTEGER)) {
      this.note(this.extra(row, 'The row stands outside the numbers that the signed head covers.'));
    } else if (row.sequence === this.last) {
      this.note(this.extra(row, 'There is another row with this sequence.'));
    } else {
      const whole = row.leaf !== null && leafHashAt(this.tenantId, row.sequence, row.leaf) === row.leaf.hash;
      // A leaf that continues the one before the gap proves that nothing of ours ever stood in it: the numbers were
      // taken by somebody else when the entry came (TrailService), and what he had put there has been removed.
      const passedOver = whole && row.leaf?.previous_hash === this.lastHash;
      if (!passedOver) this.missing(row.sequence - 1, row.leaf?.previous_hash);
      this.last = row.sequence - 1;
      this.examine(row, whole);
      this.last = row.sequence;
    }
  }

  /** Once, after the last row. */
  end(): void {
    if (this.anchor !== null) {
      const { size, hash } = this.anchor;
      this.missing(size, hash);
      if (this.lastHash !== undefined && this.lastHash !== hash) this.links.broken(size);
      this.nameTruncation();
    }
    this.links.holds();
    for (const [, sequence] of this.erasures.unproven()) {
      this.note({ sequence, kind: 'altered', detail: 'Personal values of the entry cannot be read any more, and no entry of the log tells of an erasure.' });
    }
  }

  /** Subjects whose values nobody can read any more. */
  get erasedSubjects(): number {
    return this.erasures.size;
  }

  private examine(row: ChainRow, whole: boolean): void {
    const { entry, leaf, sequence } = row;
    if (entry !== null && leaf !== null) {
      this.incompleteFrom = undefined;
      this.compare(row, entry, leaf, whole);
    } else {
      this.incompleteFrom ??= sequence;
      const detail = entry === null ? 'The entry is missing; its leaf is there.' : 'The leaf is missing; its entry is there.';
      this.note({ sequence, kind: 'missing', detail, row, contentHash: hashOf(this.sealedOf(row.entry)) });
    }
    this.link(sequence, whole ? leaf : null);
  }

  /** A link is judged between two leaves that are whole in themselves: any other is an anomaly already. */
  private link(sequence: number, leaf: LeafRow | null): void {
    const judged = leaf !== null && this.lastHash !== undefined;
    const continued = leaf === null ? undefined : this.recent.findLast(({ hash }) => hash === leaf.previous_hash)?.sequence;
    if (continued !== undefined && continued < sequence - 1) this.nameIntruders(continued, sequence);
    else if (judged && leaf.previous_hash !== this.lastHash) this.links.broken(sequence - 1);
    else this.links.holds();
    this.lastHash = leaf?.hash;
    this.recent.push({ sequence, hash: leaf?.hash });
    if (this.recent.length > keptPositions) this.recent.shift();
  }

  /** The leaf at `before` continues the one at `after`, past whatever stands between them: that is not ours. */
  private nameIntruders(after: number, before: number): void {
    this.links.forget();
    const between = ({ sequence }: { readonly sequence: number }) => sequence > after && sequence < before;
    const detail = 'The leaf after it continues the one before it: somebody else put this row in.';
    const known = new Set<number>();
    for (const anomaly of this.anomalies.filter(between)) {
      known.add(anomaly.sequence);
      Object.assign(anomaly, { kind: 'inserted', detail });
    }
    for (const { sequence } of this.recent.filter(between)) {
      if (!known.has(sequence)) this.note({ sequence, kind: 'inserted', detail });
    }
  }

  private compare(row: ChainRow, entry: EntryRow, leaf: LeafRow, whole: boolean): void {
    const sealed = this.sealedOf(entry);
    const contentHash = hashOf(sealed);
    const wrong: string[] = [];
    if (!whole) wrong.push('The leaf does not have the hash that it states.');
    if (entry.id !== leaf.id) wrong.push("The entry's id is not the one that its leaf commits to.");
    if (entry.occurred_at !== leaf.occurred_at) wrong.push("The entry's time is not the one that its leaf commits to.");
    if (contentHash !== leaf.content_hash) wrong.push("The entry's content is not what its leaf commits to.");
    if (wrong.length === 0 && sealed !== undefined) this.erasures.see(row.sequence, sealed);
    else this.note({ sequence: row.sequence, kind: 'altered', detail: wrong.join(' '), row, contentHash });
  }

  /** Notes the positions after `last` up to `through`, at which nothing stands. */
  private missing(through: number, expectedHash: string | undefined): void {
    const from = this.last + 1;
    if (through < from) return;
    this.links.holds();
    this.incompleteFrom ??= from;
    this.lastHash = undefined;
    this.last = through;
    // A forged sequence can make a gap of any length: what is not kept is counted without a loop.
    const kept = Math.min(through, from + keptAnomalies - 1);
    for (let sequence = from; sequence <= kept; sequence++) {
      const expected = sequence === through ? expectedHash : undefined;
      this.note({ sequence, kind: 'missing', detail: 'The entry and its leaf are missing.', expectedHash: expected });
    }
    this.anomaliesTotal += through - kept;
  }

  /** What is missing up to the very end was cut off. */
  private nameTruncation(): void {
    const from = this.incompleteFrom;
    if (from === undefined) return;
    for (const anomaly of this.anomalies) {
      if (anomaly.kind !== 'missing' || anomaly.sequence < from) continue;
      anomaly.kind = 'truncated';
      anomaly.detail += ' The signed head covers it, and nothing complete follows.';
    }
  }

  private sealedOf(entry: EntryRow | null): SealedContent | undefined {
    try {
      return entry === null ? undefined : sealedContentOf(entry, this.subjectKeys);
    } catch {
      return undefined; // what cannot be read was not written by this service
    }
  }

  private extra(row: ChainRow, detail: string): Anomaly {
    return { sequence: row.sequence, kind: 'inserted', detail, row, contentHash: hashOf(this.sealedOf(row.entry)) };
  }

  private note(anomaly: Anomaly): void {
    this.anomaliesTotal++;
    if (this.anomalies.length < keptAnomalies) this.anomalies.push(anomaly);
  }
}

/** The hash that this leaf's fields would have at a place, or undefined where they have no leaf's form. */
export function leafHashAt(tenantId: string, sequence: number, leaf: LeafRow): string | undefined {
  try {
    return leafHashOf({
      tenantId,
      sequence,
      id: leaf.id,
      occurredAt: timeOf(leaf.occurred_at),
      contentHash: leaf.content_hash,
      previousHash: leaf.previous_hash,
    });
  } catch {
    return undefined; // e.g. an infinite time: no leaf that was written
  }
}

function hashOf(sealed: SealedContent | undefined): string | undefined {
  try {
    return sealed === undefined ? undefined : contentHashOf(sealed);
  } catch {
    return undefined; // what cannot be hashed was not written by this service
  }
}
