import { signHead } from './chain-head.js';
import type { LocatedRow } from './classify.js';
import { chainUnderTest, recompute, someKeys, verifyInMemory, type ChainInMemory, type MutableRow } from './testing.js';

const keys = someKeys();

/** What is found, in the form `<sequence> <kind>`. */
async function found(chain: ChainInMemory, elsewhere?: readonly LocatedRow[]) {
  const { findings, valid } = await verifyInMemory(chain, keys, elsewhere);
  expect(valid).toBe(false);
  return findings.map(({ sequence, kind }) => `${sequence} ${kind}`);
}

function locatedOf({ tenantId, rows }: ChainInMemory): LocatedRow[] {
  return rows.flatMap(({ sequence, entry, leaf }) => [
    ...(entry ? [{ table: 'entry' as const, tenantId, sequence, id: entry.id, hash: null, previousHash: null }] : []),
    ...(leaf ? [{ table: 'leaf' as const, tenantId, sequence, id: leaf.id, hash: leaf.hash, previousHash: leaf.previous_hash }] : []),
  ]);
}

describe('a log that passed over numbers that somebody else had taken', () => {
  /** Six entries, the last two of them after `taken` numbers that an intruder held. */
  function passedOver(taken: number) {
    const { chain, leaf } = chainUnderTest(keys);
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
    expect(await verifyInMemory(chain, keys)).toMatchObject({ valid: true, entries: 6, headSize: 6 + taken });
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
      const { chain, row } = chainUnderTest(keys);
      swap(row(one), row(other));
      expect(await found(chain)).toEqual([`${one} reordered`, `${other} reordered`]);
    }
  });

  it('is found where a row was renumbered', async () => {
    const { chain, row } = chainUnderTest(keys);
    row(3).sequence = 50;
    expect(await found(chain)).toEqual(['3 reordered', '50 reordered']);
  });

  it('is found where all that follow were moved up to close a gap', async () => {
    const { chain } = chainUnderTest(keys);
    chain.rows.splice(2, 1);
    for (const row of chain.rows.slice(2)) row.sequence--;
    expect(await found(chain)).toEqual(['3 reordered', '4 reordered', '5 reordered', '6 reordered']);
  });
});

describe('a row in the log of another tenant', () => {
  function moved(part: 'entry' | 'leaf' | 'both', sequence: number) {
    const from = chainUnderTest(keys);
    const to = chainUnderTest(keys, 2);
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
    const from = chainUnderTest(keys);
    const to = chainUnderTest(keys);
    to.row(2).entry = from.entry(4);
    from.row(4).entry = null;
    expect(await found(to.chain, locatedOf(from.chain))).toEqual(['2 moved']);
  });
});

