import { createHmac, createHash } from 'node:crypto';
import fc from 'fast-check';
import { NotCanonicalError, type JsonObject } from './canonical-json.js';
import { ContentError, contentHashOf, hashedContent, openContent, sealContent, type SealedContent } from './content.js';
import { PointerError } from './json-pointer.js';
import { someContent } from './testing.js';

const salt = Buffer.alloc(32, 7);
const seal = (content = someContent, pointers: string[] = []) => sealContent(content, pointers, () => salt);
const withAfter = (after: JsonObject) => ({ ...someContent, after });

describe('sealing content', () => {
  it('keeps each personal value once, beside its salt, and null in its place', () => {
    const { visible, personal } = seal(someContent, ['/after/contactEmail']);
    expect(visible).toEqual({ ...someContent, ip: null, userAgent: null, after: { ...someContent.after, contactEmail: null } });
    expect(personal).toEqual({
      '/ip': { salt: salt.toString('hex'), value: '203.0.113.7' },
      '/userAgent': { salt: salt.toString('hex'), value: 'Example/1.0' },
      '/after/contactEmail': { salt: salt.toString('hex'), value: 'jane@example.com' },
    });
  });

  it('gives every field a salt of its own', () => {
    const { personal } = sealContent(someContent, ['/after/contactEmail']);
    const salts = Object.values(personal).map((kept) => kept.salt);
    expect(new Set(salts).size).toBe(3);
    for (const hex of salts) expect(hex).toMatch(/^[0-9a-f]{64}$/);
  });

  it('commits to objects, arrays and the whole of before or after as well', () => {
    const content = { ...someContent, before: { people: [{ mail: 'a' }, 'b'] }, after: { mail: 'c' } };
    const sealed = seal(content, ['/before/people/0', '/before/people/1', '/after']);
    expect(sealed.visible.before).toEqual({ people: [null, null] });
    expect(sealed.visible.after).toBeNull();
    expect(openContent(sealed)).toEqual(content);
  });

  it('makes no commitment where there is nothing or null', () => {
    const content = { ...someContent, ip: null, after: { mail: null } };
    expect(Object.keys(seal(content, ['/after/mail', '/after/nothing', '/before/name/x', '/reason']).personal)).toEqual(['/userAgent']);
  });

  it('lets an outer pointer cover inner and repeated ones, in any order', () => {
    const pointers = ['/after/contactEmail', '/after', '/after', '/ip', '/after/plan'];
    expect(Object.keys(seal(someContent, pointers).personal).sort()).toEqual(['/after', '/ip', '/userAgent']);
  });

  it.each(['/actor/id', '/action', '/resource', '/outcome', '/requestId', '/nonsense', '/'])('refuses %s as personal', (pointer) => {
    expect(() => seal(someContent, [pointer])).toThrow(ContentError);
  });

  it('refuses what is no pointer', () => {
    expect(() => seal(someContent, ['after'])).toThrow(PointerError);
    expect(() => seal(someContent, ['/after/~2'])).toThrow(PointerError);
  });

  it('refuses NUL and lone surrogates anywhere, and takes a backslash before u0000 for what it is', () => {
    expect(() => seal(withAfter({ a: ['x\0'] }))).toThrow(ContentError);
    expect(() => seal(withAfter({ 'x\0': 1 }))).toThrow(ContentError);
    expect(() => seal({ ...someContent, userAgent: '\0' })).toThrow(ContentError);
    expect(() => seal(withAfter({ a: '\ud800' }))).toThrow(NotCanonicalError);
    expect(openContent(seal(withAfter({ a: '\\u0000' }))).after).toEqual({ a: '\\u0000' });
  });

  it('refuses more than a hundred levels, sealing and opening', () => {
    const nested = (levels: number) => JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)) as JsonObject;
    expect(openContent(seal(withAfter(nested(100)))).after).toEqual(nested(100));
    for (const levels of [101, 3000]) {
      expect(() => seal(withAfter(nested(levels)))).toThrow(ContentError);
      expect(() => openContent({ visible: withAfter(nested(levels)), personal: {} })).toThrow(ContentError);
    }
  });

  it('opens to what was sealed, whatever the content and the pointers', () => {
    const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '0')) as never);
    const object = fc.dictionary(fc.string(), json).map((value) => JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '0')) as JsonObject);
    fc.assert(
      fc.property(fc.option(object), fc.option(object), fc.infiniteStream(fc.boolean()), (before, after, coin) => {
        const content = { ...someContent, before, after };
        const keys = Object.keys(after ?? {}).map((key) => `/after/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
        const sealed = sealContent(content, keys.filter(() => coin.next().value));
        const kept = JSON.parse(JSON.stringify(sealed)) as SealedContent;
        expect(JSON.stringify(sortKeys(openContent(kept)))).toBe(JSON.stringify(sortKeys(content)));
        expect(contentHashOf(kept)).toBe(contentHashOf(sealed));
      }),
    );
  });
});

describe('the content hash', () => {
  it('is that of the canonical content with each personal value replaced by its commitment', () => {
    const commit = (value: string) => ({ $commitment: createHmac('sha256', salt).update(JSON.stringify(value)).digest('hex') });
    const expected = JSON.stringify({
      action: 'tenant.update',
      actor: { id: someContent.actor.id, type: 'user' },
      after: { contactEmail: commit('jane@example.com'), name: 'Acme Ltd', plan: 1 },
      before: { name: 'Acme', plan: 1 },
      ip: commit('203.0.113.7'),
      outcome: 'success',
      reason: null,
      requestId: 'req-1',
      resource: { id: someContent.resource.id, type: 'tenant' },
      traceId: someContent.traceId,
      userAgent: commit('Example/1.0'),
    });
    const sealed = seal(someContent, ['/after/contactEmail']);
    expect(hashedContent(sealed)).toBe(expected);
    expect(contentHashOf(sealed)).toBe(createHash('sha256').update(expected).digest('hex'));
  });

  it('differs between a personal value and a plain object that looks like its commitment', () => {
    const personal = seal(withAfter({ mail: 'x' }), ['/after/mail']);
    const { commitment } = /"mail":\{"\$commitment":"(?<commitment>[0-9a-f]{64})"/.exec(hashedContent(personal))!.groups!;
    const forged: SealedContent = {
      visible: { ...personal.visible, after: { mail: { $commitment: commitment! } } },
      personal: Object.fromEntries(Object.entries(personal.personal).filter(([pointer]) => pointer !== '/after/mail')),
    };
    expect(contentHashOf(forged)).not.toBe(contentHashOf(personal));
  });

  it('keeps names with dollar signs apart', () => {
    const names = ['commitment', '$commitment', '$$commitment', '$$$commitment', '$other'];
    const hashes = names.map((name) => contentHashOf(seal(withAfter({ [name]: 'x' }))));
    expect(new Set(hashes).size).toBe(names.length);
  });

  it('changes with every value, every salt and every place', () => {
    const { visible, personal } = seal(someContent, ['/after/contactEmail']);
    const mail = personal['/after/contactEmail']!;
    const other = (changed: object) => contentHashOf({ visible, personal: { ...personal, ...changed } });
    const hashes = [
      contentHashOf({ visible, personal }),
      other({ '/after/contactEmail': { ...mail, value: 'john@example.com' } }),
      other({ '/after/contactEmail': { ...mail, salt: 'ab'.repeat(32) } }),
      other({ '/ip': personal['/userAgent'], '/userAgent': personal['/ip'] }),
      other({ '/reason': mail }),
      contentHashOf({ visible: { ...visible, reason: '' }, personal }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('cannot be had of parts that do not fit together', () => {
    const { visible, personal } = seal();
    expect(() => contentHashOf({ visible, personal: { ...personal, '/after/nothing': personal['/ip']! } })).toThrow(ContentError);
    expect(() => contentHashOf({ visible: { ...visible, ip: '203.0.113.7' }, personal })).toThrow(ContentError);
    expect(() => contentHashOf({ visible, personal: { '': personal['/ip']! } })).toThrow(ContentError);
  });
});

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([key, member]) => [key, sortKeys(member)]));
}
