import fc from 'fast-check';
import { InexactJsonError, parseExactJson, plainDecimal } from './exact-json.js';

describe('parseExactJson', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [-1.5, '-1.5'],
    [1e21, '1000000000000000000000'],
    [-1.25e22, '-12500000000000000000000'],
    [1.5e-7, '0.00000015'],
    [-5e-324, `-0.${'0'.repeat(323)}5`],
    [123456789012345680000, '123456789012345680000'],
  ])('knows %d as the decimal that PostgreSQL prints', (value, text) => {
    expect(plainDecimal(value)).toBe(text);
    expect(parseExactJson(`[${text}]`)).toEqual([value === 0 ? 0 : value]);
  });

  it('reads back every number it wrote', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(plainDecimal(value)).not.toContain('e');
        expect(parseExactJson(plainDecimal(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it.each(['12345678901234567001', '1.0', '[1, 1.50]', '{"a": 0.10000000000000001}', '1e2', '-0', '9'.repeat(400)])(
    'refuses %s, which reads like another number',
    (text) => {
      expect(() => parseExactJson(text)).toThrow(InexactJsonError);
    },
  );

  it('refuses what is no JSON, and JSON too deep to be read', () => {
    expect(() => parseExactJson('{')).toThrow(InexactJsonError);
    expect(() => parseExactJson('['.repeat(200_000) + ']'.repeat(200_000))).toThrow(InexactJsonError);
  });
});
