import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { contentOf, namesUnder, outsideKeyOf, type ClaimRequest } from './request-names.js';

const secret = Buffer.alloc(32, 7);
const part = fc.option(fc.string({ unit: fc.constantFrom('a', ':', '\n', '-', '1', '"') }), { nil: null });
const parts = fc.array(part, { maxLength: 4 });
const request: fc.Arbitrary<ClaimRequest> = fc.record({ clientKey: fc.string({ minLength: 1 }), scope: parts, content: parts });
/** Few values and few names, so that two of them are often nearly the same. */
const body = fc.dictionary(fc.constantFrom('a', 'b', 'ab'), fc.jsonValue({ depthSize: 'small' }), { maxKeys: 3, noNullPrototype: true });

const hex = (made: ClaimRequest) => {
  const { keyHash, fingerprint } = namesUnder(secret, made);
  return { key: keyHash.toString('hex'), fingerprint: fingerprint.toString('hex') };
};
const fingerprintOf = (path: string, ifMatch: string | null, sent: unknown) => hex({ clientKey: 'k', scope: [], content: contentOf(path, ifMatch, sent) }).fingerprint;

/** As JSON carries it: what a handler gets to see. */
const wired = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([name, member]) => [name, reversed(member)]));
}

describe('the names of a request', () => {
  it('are the same for the same request, and differ where any part of it does', () => {
    fc.assert(
      fc.property(request, request, (left, right) => {
        const [a, b] = [hex(left), hex(right)];
        expect(a).toEqual(hex(structuredClone(left)));
        expect(a.key === b.key).toBe(isDeepStrictEqual([left.clientKey, left.scope], [right.clientKey, right.scope]));
        expect(a.fingerprint === b.fingerprint).toBe(isDeepStrictEqual(left.content, right.content));
      }),
    );
  });

  it('differ where the same text is cut into parts elsewhere', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), (text, at, elsewhere) => {
        const cutAt = (place: number): ClaimRequest => {
          const length = place % (text.length + 1);
          return { clientKey: 'k', scope: [text.slice(0, length), text.slice(length)], content: [text.slice(0, length), text.slice(length)] };
        };
        const same = at % (text.length + 1) === elsewhere % (text.length + 1);
        expect(isDeepStrictEqual(hex(cutAt(at)), hex(cutAt(elsewhere)))).toBe(same);
      }),
    );
  });

  it('fingerprint every body apart from every other, whatever the order of its members', () => {
    fc.assert(
      fc.property(body, body, (left, right) => {
        const [a, b] = [wired(left), wired(right)];
        expect(fingerprintOf('/', null, reversed(a))).toBe(fingerprintOf('/', null, a));
        expect(fingerprintOf('/', null, a) === fingerprintOf('/', null, b)).toBe(isDeepStrictEqual(a, b));
      }),
    );
  });

  it('fingerprint path, query, condition, an empty body and none apart', () => {
    const all = [
      ...[fingerprintOf('/a', null, {}), fingerprintOf('/a?b', null, {}), fingerprintOf('/a', '"1"', {}), fingerprintOf('/a', '', {})],
      ...[fingerprintOf('/a', null, undefined), fingerprintOf('/a', null, 'null'), fingerprintOf('/a', null, null)],
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('are others under another secret, and for another purpose', () => {
    fc.assert(
      fc.property(request, (made) => {
        const mine = namesUnder(secret, { ...made, content: [made.clientKey, ...made.scope] });
        const others = namesUnder(Buffer.alloc(32, 8), { ...made, content: [made.clientKey, ...made.scope] });
        const all = [mine.keyHash, mine.fingerprint, others.keyHash, others.fingerprint].map((name) => name.toString('hex'));
        expect(new Set([...all, outsideKeyOf(secret, made)]).size).toBe(5);
      }),
    );
  });
});
