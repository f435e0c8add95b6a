import fc from 'fast-check';
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from './canonical-json.js';
import { diffOf, type Diff } from './diff.js';

describe('diffOf', () => {
  it('tells changed, added and removed members by their dotted path', () => {
    const before = { name: 'Acme', settings: { theme: 'light', beta: true }, tags: ['a'] };
    const after = { name: 'Acme Ltd', settings: { theme: 'dark', locale: 'de' }, tags: ['a', 'b'], plan: 'pro' };
    expect(diffOf(before, after)).toEqual({
      changed: {
        name: { before: 'Acme', after: 'Acme Ltd' },
        'settings.theme': { before: 'light', after: 'dark' },
        tags: { before: ['a'], after: ['a', 'b'] },
      },
      added: { 'settings.locale': 'de', plan: 'pro' },
      removed: { 'settings.beta': true },
    });
  });

  it('takes null for the empty object', () => {
    expect(diffOf(null, { a: 1 })).toEqual({ changed: {}, added: { a: 1 }, removed: {} });
    expect(diffOf({ a: null }, null)).toEqual({ changed: {}, added: {}, removed: { a: null } });
    expect(diffOf(null, null)).toEqual({ changed: {}, added: {}, removed: {} });
  });

  it('does not mind the order of members, and does mind the type', () => {
    expect(diffOf({ a: { x: 1, y: [{ p: 1, q: 2 }] } }, { a: { y: [{ q: 2, p: 1 }], x: 1 } })).toEqual({ changed: {}, added: {}, removed: {} });
    expect(diffOf({ a: {} }, { a: [] }).changed).toEqual({ a: { before: {}, after: [] } });
    expect(diffOf({ a: 0 }, { a: '0' }).changed).toEqual({ a: { before: 0, after: '0' } });
  });

  it('escapes dots and backslashes, so that every path names one place', () => {
    expect(diffOf({ 'a.b': 1, a: { b: 1 }, 'c\\': { d: 1 } }, { 'a.b': 2, a: { b: 2 }, 'c\\': {} })).toEqual({
      changed: { 'a\\.b': { before: 1, after: 2 }, 'a.b': { before: 1, after: 2 } },
      added: {},
      removed: { 'c\\\\.d': 1 },
    });
  });

  it('treats members called __proto__ and constructor as data', () => {
    const diff = diffOf({}, JSON.parse('{"__proto__":{"admin":true},"constructor":1}') as JsonObject);
    expect(JSON.stringify(diff.added)).toBe('{"__proto__":{"admin":true},"constructor":1}');
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('leads from before to after when applied, whatever they are', () => {
    const key = fc.oneof(fc.constantFrom('a', 'b', 'a.b', '', '.', '\\', '__proto__', 'toString'), fc.string());
    const { object } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
      object: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((members) => Object.fromEntries(members)),
      value: fc.oneof({ maxDepth: 3 }, fc.constantFrom(null, true, 0, 1, 'x', ''), fc.array(fc.integer(), { maxLength: 2 }), tie('object')),
    }));
    fc.assert(
      fc.property(object, object, (before, after) => {
        expect(canonicalJson(applyDiff(before, diffOf(before, after)))).toBe(canonicalJson(after));
      }),
    );
  });
});

function applyDiff(before: JsonObject, diff: Diff): JsonValue {
  let result: JsonValue = before;
  for (const path of Object.keys(diff.removed)) result = put(result, namesOf(path), undefined);
  for (const [path, { after }] of Object.entries(diff.changed)) result = put(result, namesOf(path), after);
  for (const [path, value] of Object.entries(diff.added)) result = put(result, namesOf(path), value);
  return result;
}

function namesOf(path: string): string[] {
  const names = [''];
  for (const [token] of path.matchAll(/\\.|[^]/gu)) {
    if (token === '.') names.push('');
    else names.push((names.pop() ?? '') + (token.startsWith('\\') ? token.slice(1) : token));
  }
  return names;
}

function put(node: JsonValue, [name, ...rest]: string[], value: JsonValue | undefined): JsonValue {
  if (name === undefined) throw new Error('no path is empty');
  const members = new Map(Object.entries(isJsonObject(node) ? node : {}));
  const next = rest.length === 0 ? value : put(members.get(name) ?? {}, rest, value);
  if (next === undefined) members.delete(name);
  else members.set(name, next);
  return Object.fromEntries(members);
}
