import fc from 'fast-check';
import { Problem } from '@plinth/kernel';
import { jsonBodies, jsonValues } from '@plinth/testing';
import { maxJsonDepth, parseJsonBody } from './json-body.js';

const parse = (text: string) => parseJsonBody(Buffer.from(text));
const nested = (depth: number) => '{"a":'.repeat(depth - 1) + '{}' + '}'.repeat(depth - 1);

describe('parseJsonBody', () => {
  it.each([
    ['malformed JSON', '{"a":'],
    ['a bare word', 'hello'],
    ['an array at the top', '[1]'],
    ['a string at the top', '"x"'],
    ['null at the top', 'null'],
    ['NUL in a value', '{"a":"x\\u0000y"}'],
    ['NUL in a name', '{"x\\u0000y":1}'],
    ['a lone surrogate', '{"a":"\\ud800"}'],
    ['a lone surrogate deep inside', '{"a":[{"b":"\\udc00"}]}'],
    ['__proto__', '{"__proto__":{"admin":true}}'],
    ['constructor.prototype', '{"constructor":{"prototype":{"admin":true}}}'],
    ['one level too deep', nested(maxJsonDepth + 1)],
    ['20,000 arrays', '{"a":' + '['.repeat(20_000) + ']'.repeat(20_000) + '}'],
  ])('refuses %s with 400', (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'json_malformed', status: 400 }) as Problem);
  });

  it('refuses invalid UTF-8', () => {
    expect(() => parseJsonBody(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toThrow(Problem);
  });

  it('reads the deepest allowed body, and brackets inside strings do not count', () => {
    expect(parse(nested(maxJsonDepth))).toBeDefined();
    expect(parse(JSON.stringify({ a: '['.repeat(1000) + '\\"{' }))).toEqual({ a: '['.repeat(1000) + '\\"{' });
  });

  it('pollutes nothing', () => {
    expect(() => parse('{"a":{"__proto__":{"polluted":1}}}')).toThrow(Problem);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('reads what JSON.stringify writes, unchanged', () => {
    const safeText = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.dictionary(safeText.filter((name) => name !== '__proto__' && name !== 'constructor'), safeText), (value) => {
        expect(parse(JSON.stringify(value))).toEqual({ ...value });
      }),
    );
  });
});

describe('parseJsonBody, over the corners of the grammar', () => {
  it.each(jsonValues.map(({ name, verdict, bytes }) => [verdict, name, Buffer.concat([Buffer.from('{"v":'), bytes, Buffer.from('}')])] as const))('finds %s: %s', (verdict, _, body) => {
    if (verdict === 'valid') expect(parseJsonBody(body)).toEqual(JSON.parse(body.toString('utf8')));
    else expect(() => parseJsonBody(body)).toThrow(expect.objectContaining({ code: 'json_malformed' }) as Error);
  });

  it.each(jsonBodies.map(({ name, bytes }) => [name, bytes] as const))('refuses %s', (_, bytes) => {
    expect(() => parseJsonBody(bytes)).toThrow(expect.objectContaining({ code: 'json_malformed' }) as Error);
  });
});

describe('a name that is there twice', () => {
  it('is found however it is written, and only within one object', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !['__proto__', 'constructor'].includes(text) && !text.includes('\0') && text.isWellFormed());
    const escaped = (text: string) => `"${[...text].map((char) => [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')).join('')}"`;
    fc.assert(
      fc.property(name, (text) => {
        const plain = JSON.stringify(text);
        expect(() => parse(`{${plain}:1,${escaped(text)}:2}`)).toThrow('json_malformed');
        expect(() => parse(`{"x":[{${plain}:1 , ${plain} :2}]}`)).toThrow('json_malformed');
        expect(parse(`{"x":{${plain}:1},"y":[{${plain}:2},{${escaped(text)}:${plain}}]}`)).toBeDefined();
      }),
    );
  });
});
