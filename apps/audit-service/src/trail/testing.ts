import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { newId } from '@plinth/kernel';
import { signHead, type HeadKeys, type HeadSigner } from './chain-head.js';
import { leafHashAt, type ChainRow, type LeafRow } from './chain-walk.js';
import type { LocatedRow } from './classify.js';
import { contentHashOf, sealContent, type AuditContent } from './content.js';
import { plainDecimal } from './exact-json.js';
import { sealLeaf, zeroHash } from './leaf.js';
import type { SubjectKeys } from './personal-values.js';
import { contentValues, sealedContentOf, type EntryRow } from './stored-entry.js';
import { verifyChain, type HeadRow } from './verify-chain.js';

/** A log in memory, in the form of its rows: for tests that tamper with it. */
export interface ChainInMemory {
  tenantId: string;
  rows: MutableRow[];
  head: Mutable<HeadRow> | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export interface MutableRow {
  sequence: number;
  entry: Mutable<EntryRow> | null;
  leaf: Mutable<LeafRow> | null;
}

export const someContent: AuditContent = {
  actor: { type: 'user', id: '0199c5f2-7d31-7c52-9a44-1f0e5b8f2a10' },
  action: 'tenant.update',
  resource: { type: 'tenant', id: '0199c5f2-7d31-7c52-9a44-1f0e5b8f2a11' },
  outcome: 'success',
  ip: '203.0.113.7',
  userAgent: 'Example/1.0',
  requestId: 'req-1',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  reason: null,
  before: { name: 'Acme', plan: 1 },
  after: { name: 'Acme Ltd', plan: 1, contactEmail: 'jane@example.com' },
};

/** For entries whose personal values are not encrypted, as earlier versions kept them. */
export const noSubjectKeys: SubjectKeys = { find: () => undefined };

/** Keys of one Ed25519 pair that lives as long as the object. */
export function someKeys(kid = 'test-key'): HeadKeys & HeadSigner {
  const { privateKey } = generateKeyPairSync('ed25519');
  const secret = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const open = createPublicKey(secret);
  return {
    current: { kid },
    sign: (data) => ({ kid, signature: sign(null, data, secret) }),
    verify: (named, data, signature) => named === kid && verify(null, data, open, signature),
  };
}

/** The rows that the service would have written for these contents. */
export function someChain(tenantId: string, contents: readonly AuditContent[], keys: HeadKeys & HeadSigner): ChainInMemory {
  const rows: MutableRow[] = [];
  let previousHash = zeroHash;
  const start = Date.parse('2026-11-22T08:00:00.000Z');
  for (const [index, content] of contents.entries()) {
    const occurredAt = start + index * 1000;
    const sealed = sealContent(content, ['/after/contactEmail']);
    const identity = { id: newId(), occurredAt: new Date(occurredAt).toISOString(), sequence: index + 1 };
    const leaf = sealLeaf({ tenantId, ...identity, contentHash: contentHashOf(sealed), previousHash });
    const columns = contentValues(sealed, sealed.personal);
    for (const jsonb of [9, 10, 11]) columns[jsonb] = asJsonb(columns[jsonb] ?? null);
    rows.push({ sequence: identity.sequence, entry: entryRow(identity.sequence, identity.id, occurredAt, columns), leaf: leafRow(leaf, occurredAt) });
    previousHash = leaf.hash;
  }
  const updatedAt = new Date(start + contents.length * 1000).toISOString();
  const { keyId, signature, hash, size } = signHead({ tenantId, size: rows.length, hash: previousHash, updatedAt }, keys);
  const head = { size: String(size), hash, updated_at: String(Date.parse(updatedAt)), key_id: keyId, signature };
  return { tenantId, rows, head };
}

/** Rows as the repository would read them: by sequence, those of one sequence in one row. */
export async function* inOrder(rows: readonly MutableRow[]): AsyncGenerator<ChainRow> {
  for (const row of rows.toSorted((one, other) => one.sequence - other.sequence)) {
    if (row.entry !== null || row.leaf !== null) yield row;
  }
}

/** JSON text as PostgreSQL prints it after jsonb: numbers without exponents. */
function asJsonb(text: string | null): string | null {
  const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
  if (text === null) return null;
  return JSON.stringify(JSON.parse(text), (_key, value: unknown) => (typeof value === 'number' ? rawJSON(plainDecimal(value)) : value));
}

function leafRow(leaf: ReturnType<typeof sealLeaf>, occurredAt: number): LeafRow {
  const { sequence, id, contentHash, previousHash, hash } = leaf;
  return { sequence: String(sequence), id, occurred_at: String(occurredAt), content_hash: contentHash, previous_hash: previousHash, hash };
}

function entryRow(sequence: number, id: string, occurredAt: number, values: readonly (string | null)[]): EntryRow {
  const [actor_type, actor_id, action, resource_type, resource_id, outcome, request_id, trace_id, reason, before, after, personal] = values;
  return {
    ...{ sequence: String(sequence), id, occurred_at: String(occurredAt) },
    ...{ actor_type, actor_id, action, resource_type, resource_id, outcome, request_id, trace_id, reason, before, after, personal },
  } as EntryRow;
}

/** A log of so many entries, and the way to each row of it. */
export function chainUnderTest(keys: HeadKeys & HeadSigner, length = 6) {
  const contents = Array.from({ length }, (_, index) => ({ ...someContent, reason: `change ${index + 1}` }));
  const chain = someChain(newId(), contents, keys);
  const row = (sequence: number) => chain.rows[sequence - 1]!;
  return { chain, row, entry: (sequence: number) => row(sequence).entry!, leaf: (sequence: number) => row(sequence).leaf! };
}

export function verifyInMemory({ tenantId, rows, head }: ChainInMemory, keys: HeadKeys, elsewhere: readonly LocatedRow[] = []) {
  return verifyChain({ tenantId, head, rows: inOrder(rows), keys, subjectKeys: noSubjectKeys, locate: async () => elsewhere });
}

/** What a forger with the code at hand does: makes the leaf fit its changed entry. */
export function recompute(tenantId: string, row: MutableRow): void {
  row.leaf!.content_hash = contentHashOf(sealedContentOf(row.entry!, noSubjectKeys));
  row.leaf!.hash = leafHashAt(tenantId, row.sequence, row.leaf!)!;
}
