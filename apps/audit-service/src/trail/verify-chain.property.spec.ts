import fc from 'fast-check';
import { newId } from '@plinth/kernel';
import type { AuditContent } from './content.js';
import { someChain, someContent, someKeys, verifyInMemory, type ChainInMemory } from './testing.js';

const keys = someKeys();
const text = fc.string({ maxLength: 12 }).map((value) => value.replaceAll('\0', '0'));
const object = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null)), { maxKeys: 4 });
const content: fc.Arbitrary<AuditContent> = fc.record({
  actor: fc.constant(someContent.actor),
  action: fc.constantFrom('tenant.update', 'user.login'),
  resource: fc.constant(someContent.resource),
  outcome: fc.constantFrom('success', 'failure', 'denied'),
  ip: fc.option(fc.ipV4()),
  userAgent: fc.option(text),
  requestId: fc.option(text),
  traceId: fc.constant(null),
  reason: fc.option(text),
  before: fc.option(object),
  after: fc.option(object),
});
const contents = fc.array(content, { minLength: 1, maxLength: 8 });

const isValid = async (chain: ChainInMemory) => (await verifyInMemory(chain, keys)).valid;

/** Something else of the same type of column. */
function other(value: string | null): string {
  if (value === null) return '{}';
  if (/^-?\d+$/.test(value)) return String(BigInt(value) + 1n);
  // No generated member has so long a name: of two of one name JSON keeps the last, and nothing would be changed.
  return value.startsWith('{') ? `{"put in by somebody": 1, ${value.slice(1)}`.replace(/, \}$/, '}') : `${value}x`;
}

type Tamper = (chain: ChainInMemory, at: number, seed: number) => void;
const tampers: Record<string, Tamper> = {
  'one column of an entry edited': ({ rows }, at, seed) => editOne(rows[at]!.entry!, seed),
  'one column of a leaf edited': ({ rows }, at, seed) => editOne(rows[at]!.leaf!, seed),
  'one column of the head edited': ({ head }, _at, seed) => editOne(head!, seed),
  'a row deleted': ({ rows }, at) => void rows.splice(at, 1),
  'an entry deleted': ({ rows }, at) => void (rows[at]!.entry = null),
  'a leaf deleted': ({ rows }, at) => void (rows[at]!.leaf = null),
  'the tail deleted': ({ rows }, at) => void rows.splice(at),
  'the head deleted': (chain) => void (chain.head = null),
  'a copy inserted at the end': ({ rows }, at) => void rows.push({ ...structuredClone(rows[at]!), sequence: rows.length + 1 }),
  'a row inserted and the rest moved down': ({ rows }, at) => {
    rows.splice(at, 0, { ...structuredClone(rows[at]!), sequence: at + 1 });
    for (let index = at + 1; index < rows.length; index++) rows[index]!.sequence++;
  },
  'two rows swapped': ({ rows }, at, seed) => {
    const [one, two] = [rows[at]!, rows[(at + 1 + (seed % (rows.length - 1 || 1))) % rows.length]!];
    if (one === two) one.sequence++;
    else [one.sequence, two.sequence] = [two.sequence, one.sequence];
  },
};

function editOne(row: object, seed: number): void {
  const columns = Object.entries(row).filter(([name]) => name !== 'sequence') as [string, string | null][];
  const [name, value] = columns[seed % columns.length]!;
  Object.assign(row, { [name]: other(value) });
}

describe('any log', () => {
  it('is valid as long as nobody touches it', async () => {
    await fc.assert(fc.asyncProperty(contents, async (all) => expect(await isValid(someChain(newId(), all, keys))).toBe(true)));
  });

  it.each(Object.entries(tampers))('is not valid with %s', async (_name, tamper) => {
    await fc.assert(
      fc.asyncProperty(contents, fc.nat(), fc.nat(), async (all, at, seed) => {
        const chain = someChain(newId(), all, keys);
        tamper(chain, at % all.length, seed);
        expect(await isValid(chain)).toBe(false);
      }),
    );
  });
});
