import { newId } from '@plinth/kernel';
import { chainUnderTest, recompute, someChain, someContent, someKeys, verifyInMemory, type ChainInMemory } from './testing.js';

const keys = someKeys();

/** What is found, in the form `<sequence> <kind>`. */
async function found(chain: ChainInMemory) {
  const { findings, valid } = await verifyInMemory(chain, keys);
  expect(valid).toBe(false);
  return findings.map(({ sequence, kind }) => `${sequence} ${kind}`);
}

describe('an untouched log', () => {
  it.each([1, 2, 7])('of %d entries is valid', async (length) => {
    const { chain } = chainUnderTest(keys, length);
    const { size, hash } = chain.head!;
    expect(await verifyInMemory(chain, keys)).toEqual({ valid: true, entries: length, erasedSubjects: 0, headSize: Number(size), headHash: hash, findings: [], findingsTotal: 0 });
  });

  it('without entries is valid, with and without a signed head', async () => {
    const empty = someChain(newId(), [], keys);
    expect(await verifyInMemory(empty, keys)).toMatchObject({ valid: true, entries: 0, erasedSubjects: 0, headSize: 0, headHash: '0'.repeat(64) });
    expect(await verifyInMemory({ ...empty, head: null }, keys)).toMatchObject({ valid: true, entries: 0, erasedSubjects: 0, headSize: 0 });
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
    const { chain, entry } = chainUnderTest(keys);
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
    const { chain, entry } = chainUnderTest(keys);
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
    const { chain, leaf } = chainUnderTest(keys);
    Object.assign(leaf(3), { [column]: value });
    expect(await found(chain)).toEqual(['3 altered']);
  });

  it('is found where the leaf was recomputed to fit', async () => {
    const { chain, row, entry } = chainUnderTest(keys);
    entry(3).reason = 'none';
    recompute(chain.tenantId, row(3));
    expect(await found(chain)).toEqual(['3 forked']);
  });

  it('is found where it is the last one and the leaf was recomputed to fit', async () => {
    const { chain, row, entry } = chainUnderTest(keys);
    entry(6).reason = 'none';
    recompute(chain.tenantId, row(6));
    expect(await found(chain)).toEqual(['6 forked']);
  });

  it('is found where everything after it was recomputed too: at the end, which the head contradicts', async () => {
    const { chain, row, entry, leaf } = chainUnderTest(keys);
    entry(3).reason = 'none';
    for (const sequence of [3, 4, 5, 6]) {
      leaf(sequence).previous_hash = leaf(sequence - 1).hash;
      recompute(chain.tenantId, row(sequence));
    }
    expect(await found(chain)).toEqual(['6 forked']);
  });

  it.each([1, 2, 4, 6])('is found where leaf %d was made to continue another one', async (sequence) => {
    const { chain, row, leaf } = chainUnderTest(keys);
    leaf(sequence).previous_hash = 'e'.repeat(64);
    recompute(chain.tenantId, row(sequence));
    expect(await found(chain)).toEqual([`${sequence} forked`]);
  });
});

describe('a row that is gone', () => {
  it.each([1, 3])('from the middle is missing (%d)', async (sequence) => {
    const { chain } = chainUnderTest(keys);
    chain.rows.splice(sequence - 1, 1);
    expect(await found(chain)).toEqual([`${sequence} missing`]);
  });

  it('is missing where only its entry, or only its leaf, was deleted', async () => {
    const { chain, row } = chainUnderTest(keys);
    row(2).entry = null;
    row(4).leaf = null;
    expect(await found(chain)).toEqual(['2 missing', '4 missing']);
  });

  it('from the end is cut off', async () => {
    const { chain } = chainUnderTest(keys);
    chain.rows.splice(4);
    expect(await found(chain)).toEqual(['5 truncated', '6 truncated']);
  });

  it('from the end is cut off where only its entry was deleted', async () => {
    const { chain, row } = chainUnderTest(keys);
    row(6).entry = null;
    row(5).leaf = null;
    expect(await found(chain)).toEqual(['5 truncated', '6 truncated']);
  });

  it('is found where none is left but the head', async () => {
    const { chain } = chainUnderTest(keys, 3);
    chain.rows = [];
    expect(await found(chain)).toEqual(['1 truncated', '2 truncated', '3 truncated']);
  });

  it('is found where the head was cut with the tail, which takes a signature', async () => {
    const { chain, leaf } = chainUnderTest(keys);
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
    const { chain, row } = chainUnderTest(keys);
    const copy = structuredClone(row(6));
    Object.assign(copy.entry!, { id: newId(), reason: 'forged' });
    copy.leaf = { ...copy.leaf!, id: copy.entry!.id, previous_hash: row(6).leaf!.hash };
    copy.sequence = sequence;
    recompute(chain.tenantId, copy);
    chain.rows.push(copy);
    expect(await found(chain)).toEqual([`${sequence} inserted`]);
  });

  it('is found without a leaf, and a leaf without an entry', async () => {
    const { chain, row } = chainUnderTest(keys);
    chain.rows.push({ sequence: 7, entry: { ...row(6).entry!, id: newId() }, leaf: null });
    chain.rows.push({ sequence: 8, entry: null, leaf: { ...row(6).leaf!, id: newId() } });
    expect(await found(chain)).toEqual(['7 inserted', '8 inserted']);
  });

  it('is found under a sequence that is taken', async () => {
    const { chain, row } = chainUnderTest(keys);
    chain.rows.splice(3, 0, structuredClone(row(3)));
    expect(await found(chain)).toEqual(['3 inserted']);
  });
});

describe('the head', () => {
  it.each(['size', 'hash', 'updated_at', 'key_id', 'signature'] as const)('vouches for nothing when its %s was edited', async (column) => {
    const { chain } = chainUnderTest(keys);
    const edits = { size: '5', hash: 'a'.repeat(64), updated_at: '1', key_id: 'other', signature: chain.head!.signature.toUpperCase() };
    chain.head![column] = edits[column];
    expect(await found(chain)).toEqual(['6 unanchored']);
  });

  it('vouches for nothing when it is gone, unsigned, of another tenant or by an unknown key', async () => {
    const { chain } = chainUnderTest(keys);
    const other = someChain(newId(), Array.from({ length: 6 }, () => someContent), keys);
    const foreign = someChain(chain.tenantId, [], someKeys('stranger'));
    for (const head of [null, { ...chain.head!, key_id: '', signature: '' }, other.head, foreign.head]) {
      expect(await found({ ...chain, head })).toEqual(['6 unanchored']);
    }
  });

  it('that is gone does not hide what else is wrong', async () => {
    const { chain, entry } = chainUnderTest(keys);
    entry(2).reason = 'none';
    chain.rows.splice(3, 1);
    chain.head = null;
    expect(await found(chain)).toEqual(['2 altered', '4 missing', '6 unanchored']);
  });
});

describe('many findings', () => {
  it('are counted in full, and the first hundred listed', async () => {
    const { chain, entry } = chainUnderTest(keys, 250);
    for (let sequence = 11; sequence <= 250; sequence++) entry(sequence).action = 'x';
    const report = await verifyInMemory(chain, keys);
    expect(report).toMatchObject({ findingsTotal: 240, entries: 250 });
    expect(report.findings.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 100 }, (_, index) => index + 11));
  });

  it('of a forged sequence without a head are counted, not made one by one', async () => {
    const { chain, row } = chainUnderTest(keys, 3);
    row(3).sequence = 1_000_000_000_001;
    chain.head = null;
    expect(await verifyInMemory(chain, keys)).toMatchObject({ valid: false, findingsTotal: 1_000_000_000_000 });
  });
});
