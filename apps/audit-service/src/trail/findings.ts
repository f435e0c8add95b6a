/**
 * What can be wrong with a log (contract: "Values that outside checks look for"):
 * - `altered`: an entry is not what its leaf commits to, a leaf contradicts itself, or personal values went without an erasure;
 * - `missing`: an entry or its leaf is gone; `truncated`: the same, up to the end that the head signed for;
 * - `inserted`: a row outside the numbers that the head signed for, or a second one of a number;
 * - `reordered`, `moved`: it belongs to another place of this log, or to the log of another tenant;
 * - `forked`: a leaf whole in itself that is not the one which what follows, or the head, continues;
 * - `unanchored`: the head is missing or not validly signed, so nothing says where the log ends.
 */
export type FindingKind =
  | 'altered'
  | 'missing'
  | 'inserted'
  | 'reordered'
  | 'moved'
  | 'forked'
  | 'truncated'
  | 'unanchored';

export interface Finding {
  readonly sequence: number;
  readonly kind: FindingKind;
  /** One sentence for a person; names no content and no other tenant. */
  readonly detail: string;
}

/** What a verification found out. */
export interface VerificationReport {
  readonly valid: boolean;
  /** Entries read. */
  readonly entries: number;
  /** Persons and others whose values were erased, as entries of the log tell. */
  readonly erasedSubjects: number;
  /** What the signed head says: the size and the last hash; 0 and 64 zeros for a log that has none. */
  readonly headSize: number;
  readonly headHash: string;
  /** At most `maxFindings`, by sequence. */
  readonly findings: readonly Finding[];
  /** All of them, also those that are not listed. */
  readonly findingsTotal: number;
}

export const maxFindings = 100;
