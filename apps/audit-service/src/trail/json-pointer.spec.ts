import { formatPointer, parsePointer, PointerError, replaceAt, valueAt } from './json-pointer.js';
import type { JsonValue } from './canonical-json.js';

// The document of RFC 6901, section 5, without the member that would need the whole-document pointer.
const document: JsonValue = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'e^f': 3, 'g|h': 4, 'i\\j': 5, 'k"l': 6, ' ': 7, 'm~n': 8 };

describe('JSON pointers', () => {
  it.each([
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('%s leads where RFC 6901 says', (pointer, value) => {
    expect(valueAt(document, parsePointer(pointer))).toEqual(value);
    expect(formatPointer(parsePointer(pointer))).toBe(pointer);
  });

  it.each(['/nope', '/foo/2', '/foo/-', '/foo/01', '/foo/length', '/toString', '/__proto__', '/foo/0/0'])('%s leads nowhere', (pointer) => {
    expect(valueAt(document, parsePointer(pointer))).toBeUndefined();
  });

  it.each(['', 'foo', '/a~2', '/a~'])('%j is refused', (pointer) => {
    expect(() => parsePointer(pointer)).toThrow(PointerError);
  });

  it('replaces a value in a copy and leaves the original alone', () => {
    expect(replaceAt(document, ['foo', '1'], null)).toEqual({ ...(document as object), foo: ['bar', null] });
    expect(valueAt(document, ['foo', '1'])).toBe('baz');
    expect(() => replaceAt(document, ['nope'], null)).toThrow(PointerError);
  });

  it('replaces below a member called __proto__ without touching a prototype', () => {
    const replaced = replaceAt(JSON.parse('{"__proto__":{"mail":"x"}}') as JsonValue, ['__proto__', 'mail'], null);
    expect(JSON.stringify(replaced)).toBe('{"__proto__":{"mail":null}}');
    expect(({} as Record<string, unknown>)['mail']).toBeUndefined();
  });
});
