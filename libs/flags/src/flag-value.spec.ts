import fc from 'fast-check';
import { flagTypes } from './flag.js';
import { parseFlagValue, typeOfValue } from './flag-value.js';

describe('parseFlagValue', () => {
  it('reads back what JSON writes of a value of each type', () => {
    fc.assert(
      fc.property(fc.oneof(fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
        const type = typeOfValue(value);
        const text = JSON.stringify(value);
        expect(type !== undefined && parseFlagValue(type, text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('leaves a text as it is', () => {
    expect(['', 'true', '1', '{}'].map((text) => parseFlagValue('string', text))).toEqual(['', 'true', '1', '{}']);
  });

  it.each([
    ['boolean', ['', 'TRUE', 'yes', '1', ' true']],
    ['number', ['', 'NaN', 'Infinity', '1e999', '0x1', '01', '1_000', '.5', 'true']],
    ['json', ['', 'null', '[]', '1', '"x"', '{', '{"a":}']],
  ] as const)('refuses what is no %s', (type, texts) => {
    for (const text of texts) expect(() => parseFlagValue(type, text)).toThrow(/^must be /);
  });
});

describe('typeOfValue', () => {
  it('knows the types of flags, and nothing for what none can be', () => {
    expect([true, 'x', 1, {}].map(typeOfValue)).toEqual([...flagTypes]);
    for (const value of [null, undefined, [], Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1]) expect(typeOfValue(value)).toBeUndefined();
  });
});
