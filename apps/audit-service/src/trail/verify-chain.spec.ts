import { newId } from '@plinth/kernel';
import { signHead } from './chain-head.js';
import { contentHashOf } from './content.js';
import { leafHashAt } from './chain-walk.js';
import type { LocatedRow } from './classify.js';
import { sealedContentOf } from './stored-entry.js';
import { inOrder, someChain, someContent, someKeys, type ChainInMemory, type MutableRow } from './testing.js';
import { verifyChain } from './verify-chain.js';

const keys = someKeys();

function setup(length = 6) {
  const tenantId = newId();
  const contents = Array.from({ length }, (_, index) => ({ ...someContent, reason: `change ${index + 1}` }));
  const chain = someChain(tenantId, contents, keys);
  const row = (sequence: number) => chain.rows[sequence - 1]!;
  return { chain, row, entry: (sequence: number) => row(sequence).entry!, leaf: (sequence: number) => row(sequence).leaf! };
}

const verify = ({ tenantId, rows, head }: ChainInMemory, elsewhere: readonly LocatedRow[] = []) =>
  verifyChain({ tenantId, head, rows: inOrder(rows), keys, locate: async () => elsewhere });

async function found(chain: ChainInMemory, elsewhere?: readonly LocatedRow[]) {
  const { findings, valid } = await verify(chain, elsewhere);
  expect(valid).toBe(false);
  return findings.map(({ sequence, kind }) => `${sequence} ${kind}`);
}

/** What a forger with the code at hand does: makes the leaf fit its changed entry. */
function recompute(tenantId: string, row: MutableRow): void {
  row.leaf!.content_hash = contentHashOf(sealedContentOf(row.entry!));
  row.leaf!.hash = leafHashAt(tenantId, row.sequence, row.leaf!)!;
}

function moveTo(sequence: number, row: MutableRow): void {
  row.sequence = sequence;
}

function locatedOf({ tenantId, rows }: ChainInMemory): LocatedRow[] {
  return rows.flatMap(({ sequence, entry, leaf }) => [
    ...(entry ? [{ table: 'entry' as const, tenantId, sequence, id: entry.id, hash: null, previousHash: null }] : []),
    ...(leaf ? [{ table: 'leaf' as const, tenantId, sequence, id: leaf.id, hash: leaf.hash, previousHash: leaf.previous_hash }] : []),
  ]);
}

describe('an untouched log', () => {
  it.each([1, 2, 7])('of %d entries is valid', async (length) => {
    const { chain } = setup(length);
    const { size, hash } = chain.head!;
    expect(await verify(chain)).toEqual({ valid: true, entries: length, headSize: Number(size), headHash: hash, findings: [], findingsTotal: 0 });
  });

  it('without entries is valid, with and without a signed head', async () => {
    const empty = someChain(newId(), [], keys);
    expect(await verify(empty)).toMatchObject({ valid: true, entries: 0, headSize: 0, headHash: '0'.repeat(64) });
    expect(await verify({ ...empty, head: null })).toMatchObject({ valid: true, entries: 0, headSize: 0 });
  });
});

describe('a changed row', () => {
  const edits: Record<string, string | null> = {
    id: newId(),
    occurred_at: '1',
    actor_type: 'operator',
    actor_id: null,
    action: 'tenant.read',
    resource_type: 'user',
    resource_id: '',
    outcome: 'failure',
    request_id: 'req-2',
    trace_id: null,
    reason: 'none',
    before: null,
    after: '{"name": "Acme Ltd", "plan": 1.0, "contactEmail": null}',
    personal: '{}',
  };
  it.each(Object.entries(edits))('is found in the entry column %s', async (column, value) => {
    const { chain, entry } = setup();
    Object.assign(entry(3), { [column]: value });
    expect(await found(chain)).toEqual(['3 altered']);
  });

  it.each([
    ['the IP address', (text: string) => text.replace('203.0.113.7', '203.0.113.8')],
    ['a salt', (text: string) => text.replace(/"salt":"./, '"salt":"x')],
    ['a salt in upper case', (text: string) => text.replace(/"salt":"[0-9a-f]{64}/, (salt) => salt.toUpperCase().replace('SALT', 'salt'))],
    ['a further member', (text: string) => text.replace('"value"', '"note":1,"value"')],
    ['the pointer', (text: string) => text.replace('/after/contactEmail', '/after/name')],
    ['another type', () => '[]'],
    ['infinite depth', () => '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000)],
  ])('is found in the personal values: %s', async (_name, edit) => {
    const { chain, entry } = setup();
    entry(3).personal = edit(entry(3).personal);
    expect(await found(chain)).toEqual(['3 altered']);
  });

  it.each([
    ['id', newId()],
    ['occurred_at', '1'],
    ['occurred_at', 'Infinity'],
    ['content_hash', 'f'.repeat(64)],
    ['previous_hash', 'f'.repeat(64)],
    ['hash', 'f'.repeat(64)],
  ])('is found in the leaf column %s', async (column, value) => {
    const { chain, leaf } = setup();
    Object.assign(leaf(3), { [column]: value });
    expect(await found(chain)).toEqual(['3 altered']);
  });

  it('is found where the leaf was recomputed to fit', async () => {
    const { chain, row, entry } = setup();
    entry(3).reason = 'none';
    recompute(chain.tenantId, row(3));
    expect(await found(chain)).toEqual(['3 forked']);
  });

  it('is found where it is the last one and the leaf was recomputed to fit', async () => {
    const { chain, row, entry } = setup();
    entry(6).reason = 'none';
    recompute(chain.tenantId, row(6));
    expect(await found(chain)).toEqual(['6 forked']);
  });

  it('is found where everything after it was recomputed too: at the end, which the head contradicts', async () => {
    const { chain, row, entry, leaf } = setup();
    entry(3).reason = 'none';
    for (const sequence of [3, 4, 5, 6]) {
      leaf(sequence).previous_hash = leaf(sequence - 1).hash;
      recompute(chain.tenantId, row(sequence));
    }
    expect(await found(chain)).toEqual(['6 forked']);
  });

  it.each([1, 2, 4, 6])('is found where leaf %d was made to continue another one', async (sequence) => {
    const { chain, row, leaf } = setup();
    leaf(sequence).previous_hash = 'e'.repeat(64);
    recompute(chain.tenantId, row(sequence));
    expect(await found(chain)).toEqual([`${sequence} forked`]);
  });
});

describe('a row that is gone', () => {
  it.each([1, 3])('from the middle is missing (%d)', async (sequence) => {
    const { chain } = setup();
    chain.rows.splice(sequence - 1, 1);
    expect(await found(chain)).toEqual([`${sequence} missing`]);
  });

  it('is missing where only its entry, or only its leaf, was deleted', async () => {
    const { chain, row } = setup();
    row(2).entry = null;
    row(4).leaf = null;
    expect(await found(chain)).toEqual(['2 missing', '4 missing']);
  });

  it('from the end is cut off', async () => {
    const { chain } = setup();
    chain.rows.splice(4);
    expect(await found(chain)).toEqual(['5 truncated', '6 truncated']);
  });

  it('from the end is cut off where only its entry was deleted', async () => {
    const { chain, row } = setup();
    row(6).entry = null;
    row(5).leaf = null;
    expect(await found(chain)).toEqual(['5 truncated', '6 truncated']);
  });

  it('is found where none is left but the head', async () => {
    const { chain } = setup(3);
    chain.rows = [];
    expect(await found(chain)).toEqual(['1 truncated', '2 truncated', '3 truncated']);
  });

  it('is found where the head was cut with the tail, which takes a signature', async () => {
    const { chain, leaf } = setup();
    chain.rows.splice(4);
    Object.assign(chain.head!, { size: '4', hash: leaf(4).hash });
    expect(await found(chain)).toEqual(['4 unanchored']);
  });
});

describe('a row that was put in', () => {
  it.each([
    ['beyond the head', 7],
    ['far beyond the head', 9_000_000_000_000],
    ['before the first', 0],
    ['at a negative number', -5],
  ])('%s is found', async (_name, sequence) => {
    const { chain, row } = setup();
    const copy = structuredClone(row(6));
    Object.assign(copy.entry!, { id: newId(), reason: 'forged' });
    copy.leaf = { ...copy.leaf!, id: copy.entry!.id, previous_hash: row(6).leaf!.hash };
    moveTo(sequence, copy);
    recompute(chain.tenantId, copy);
    chain.rows.push(copy);
    expect(await found(chain)).toEqual([`${sequence} inserted`]);
  });

  it('is found without a leaf, and a leaf without an entry', async () => {
    const { chain, row } = setup();
    chain.rows.push({ sequence: 7, entry: { ...row(6).entry!, id: newId() }, leaf: null });
    chain.rows.push({ sequence: 8, entry: null, leaf: { ...row(6).leaf!, id: newId() } });
    expect(await found(chain)).toEqual(['7 inserted', '8 inserted']);
  });

  it('is found under a sequence that is taken', async () => {
    const { chain, row } = setup();
    chain.rows.splice(3, 0, structuredClone(row(3)));
    expect(await found(chain)).toEqual(['3 inserted']);
  });
});

describe('a log that passed over numbers that somebody else had taken', () => {
  /** Six entries, the last two of them after `taken` numbers that an intruder held. */
  function passedOver(taken: number) {
    const { chain, leaf } = setup();
    const intruders: MutableRow[] = [];
    for (let index = 0, previous = leaf(4).hash; index < taken; index++) {
      const intruder: MutableRow = { ...structuredClone(chain.rows[3]!), sequence: 5 + index };
      Object.assign(intruder.leaf!, { id: intruder.entry!.id, previous_hash: previous });
      recompute(chain.tenantId, intruder);
      previous = intruder.leaf!.hash;
      intruders.push(intruder);
    }
    for (const row of chain.rows.slice(4)) {
      row.sequence += taken;
      row.leaf!.previous_hash = chain.rows[chain.rows.indexOf(row) - 1]!.leaf!.hash;
      recompute(chain.tenantId, row);
    }
    const { keyId, signature, ...head } = signHead({ tenantId: chain.tenantId, size: 6 + taken, hash: leaf(6).hash, updatedAt: '2026-11-22T09:00:00.000Z' }, keys);
    chain.head = { size: String(head.size), hash: head.hash, updated_at: String(Date.parse(head.updatedAt)), key_id: keyId, signature };
    return { chain, intruders };
  }

  it.each([1, 2, 63])('is valid when the %d rows are gone', async (taken) => {
    const { chain } = passedOver(taken);
    expect(await verify(chain)).toMatchObject({ valid: true, entries: 6, headSize: 6 + taken });
  });

  it.each([1, 2, 60])('names the %d rows as long as they are there, however well they are made', async (taken) => {
    const { chain, intruders } = passedOver(taken);
    chain.rows.push(...intruders);
    expect(await found(chain)).toEqual(intruders.map(({ sequence }) => `${sequence} inserted`));
  });

  it('is not valid with more of them than are recognized', async () => {
    const { chain, intruders } = passedOver(100);
    chain.rows.push(...intruders);
    expect(await found(chain)).toEqual(['104 forked']);
  });

  it('names each where some lack a part or contradict themselves', async () => {
    const { chain, intruders } = passedOver(4);
    intruders[0]!.leaf!.previous_hash = 'f'.repeat(64);
    recompute(chain.tenantId, intruders[0]!);
    intruders[1]!.entry = null;
    intruders[2]!.leaf!.hash = 'f'.repeat(64);
    intruders[3]!.leaf = null;
    chain.rows.push(...intruders);
    expect(await found(chain)).toEqual(['5 inserted', '6 inserted', '7 inserted', '8 inserted']);
  });

  it('is not valid where a row of ours is gone besides', async () => {
    const { chain } = passedOver(2);
    chain.rows.splice(3, 1);
    expect(await found(chain)).toEqual(['4 missing', '5 missing', '6 missing']);
  });
});

describe('a row at another place', () => {
  it.each([
    ['rows', (one: MutableRow, other: MutableRow) => ([one.sequence, other.sequence] = [other.sequence, one.sequence])],
    ['entries', (one: MutableRow, other: MutableRow) => ([one.entry, other.entry] = [other.entry, one.entry])],
    ['leaves', (one: MutableRow, other: MutableRow) => ([one.leaf, other.leaf] = [other.leaf, one.leaf])],
    [
      'contents of entries',
      (one: MutableRow, other: MutableRow) => {
        const { id, occurred_at } = one.entry!;
        [one.entry, other.entry] = [{ ...other.entry!, id, occurred_at }, { ...one.entry!, id: other.entry!.id, occurred_at: other.entry!.occurred_at }];
      },
    ],
  ])('is found where two %s were swapped', async (_name, swap) => {
    for (const [one, other] of [[2, 5], [3, 4], [1, 6]] as const) {
      const { chain, row } = setup();
      swap(row(one), row(other));
      expect(await found(chain)).toEqual([`${one} reordered`, `${other} reordered`]);
    }
  });

  it('is found where a row was renumbered', async () => {
    const { chain, row } = setup();
    moveTo(50, row(3));
    expect(await found(chain)).toEqual(['3 reordered', '50 reordered']);
  });

  it('is found where all that follow were moved up to close a gap', async () => {
    const { chain } = setup();
    chain.rows.splice(2, 1);
    for (const row of chain.rows.slice(2)) row.sequence--;
    expect(await found(chain)).toEqual(['3 reordered', '4 reordered', '5 reordered', '6 reordered']);
  });
});

describe('a row in the log of another tenant', () => {
  function moved(part: 'entry' | 'leaf' | 'both', sequence: number) {
    const from = setup();
    const to = setup(2);
    const { entry, leaf } = from.row(sequence);
    if (part !== 'leaf') from.row(sequence).entry = null;
    if (part !== 'entry') from.row(sequence).leaf = null;
    to.chain.rows.push({ sequence: 3, entry: part === 'leaf' ? null : entry, leaf: part === 'entry' ? null : leaf });
    return { from: from.chain, to: to.chain };
  }

  it.each([
    ['entry', 3],
    ['entry', 6],
    ['leaf', 3],
    ['both', 1],
    ['both', 3],
    ['both', 6],
  ] as const)('is found on both sides (%s %d)', async (part, sequence) => {
    const { from, to } = moved(part, sequence);
    expect(await found(from, locatedOf(to))).toEqual([`${sequence} moved`]);
    expect(await found(to, locatedOf(from))).toEqual(['3 moved']);
  });

  it('is found where it took the place of a row there', async () => {
    const from = setup();
    const to = setup();
    to.row(2).entry = from.entry(4);
    from.row(4).entry = null;
    expect(await found(to.chain, locatedOf(from.chain))).toEqual(['2 moved']);
  });
});

describe('the head', () => {
  it.each(['size', 'hash', 'updated_at', 'key_id', 'signature'] as const)('vouches for nothing when its %s was edited', async (column) => {
    const { chain } = setup();
    const edits = { size: '5', hash: 'a'.repeat(64), updated_at: '1', key_id: 'other', signature: chain.head!.signature.toUpperCase() };
    chain.head![column] = edits[column];
    expect(await found(chain)).toEqual(['6 unanchored']);
  });

  it('vouches for nothing when it is gone, unsigned, of another tenant or by an unknown key', async () => {
    const { chain } = setup();
    const other = someChain(newId(), Array.from({ length: 6 }, () => someContent), keys);
    const foreign = someChain(chain.tenantId, [], someKeys('stranger'));
    for (const head of [null, { ...chain.head!, key_id: '', signature: '' }, other.head, foreign.head]) {
      expect(await found({ ...chain, head })).toEqual(['6 unanchored']);
    }
  });

  it('that is gone does not hide what else is wrong', async () => {
    const { chain, entry } = setup();
    entry(2).reason = 'none';
    chain.rows.splice(3, 1);
    chain.head = null;
    expect(await found(chain)).toEqual(['2 altered', '4 missing', '6 unanchored']);
  });
});

describe('many findings', () => {
  it('are counted in full, and the first hundred listed', async () => {
    const { chain, entry } = setup(250);
    for (let sequence = 11; sequence <= 250; sequence++) entry(sequence).action = 'x';
    const report = await verify(chain);
    expect(report).toMatchObject({ findingsTotal: 240, entries: 250 });
    expect(report.findings.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 100 }, (_, index) => index + 11));
  });

  it('of a forged sequence without a head are counted, not made one by one', async () => {
    const { chain, row } = setup(3);
    moveTo(1_000_000_000_001, row(3));
    chain.head = null;
    expect(await verify(chain)).toMatchObject({ valid: false, findingsTotal: 1_000_000_000_000 });
  });
});
