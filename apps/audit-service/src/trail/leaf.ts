import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';

/** What stands in the place of a previous hash before the first leaf. */
export const zeroHash = '0'.repeat(64);

/** The fields that a leaf commits to; `occurredAt` is UTC ISO 8601 with three digits of milliseconds and `Z`. */
export interface LeafFields {
  readonly tenantId: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly id: string;
  readonly occurredAt: string;
  readonly contentHash: string;
  readonly previousHash: string;
}

export interface Leaf extends LeafFields {
  readonly hash: string;
}

/** The leaf's bytes: UTF-8 of its RFC 8785 JSON, version 1 (docs/adr/0003-audit-leaf.md). */
export function leafBytes({ tenantId, sequence, id, occurredAt, contentHash, previousHash }: LeafFields): Buffer {
  return Buffer.from(canonicalJson({ v: 1, tenantId, sequence, id, occurredAt, contentHash, previousHash }), 'utf8');
}

/** The leaf's hash, lower-case hex: SHA-256 of 0x00 and the bytes (RFC 6962, section 2.1). */
export function leafHashOf(fields: LeafFields): string {
  return createHash('sha256').update(Uint8Array.of(0)).update(leafBytes(fields)).digest('hex');
}

export function sealLeaf(fields: LeafFields): Leaf {
  return { ...fields, hash: leafHashOf(fields) };
}
