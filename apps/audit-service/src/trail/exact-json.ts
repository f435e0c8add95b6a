import type { JsonValue } from './canonical-json.js';

/** The text is no JSON, or holds a number that the service cannot have written. */
export class InexactJsonError extends Error {
  override readonly name = 'InexactJsonError';
}

type SourceReviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
const parse = JSON.parse as (text: string, reviver: SourceReviver) => JsonValue;

/**
 * Parses the text of a jsonb value that this service wrote. jsonb keeps numbers as exact decimals, doubles do not:
 * 12345678901234567001 put in the place of 12345678901234567000 would read as the same double, and `1.0` as `1`. Every
 * number must therefore stand exactly as PostgreSQL prints what was written.
 *
 * @throws InexactJsonError
 */
export function parseExactJson(text: string): JsonValue {
  try {
    return parse(text, (_key, value, { source }) => {
      if (typeof value === 'number' && plainDecimal(value) !== source) {
        throw new InexactJsonError('A number is not as it was written');
      }
      return value;
    });
  } catch (error) {
    if (error instanceof InexactJsonError) throw error;
    throw new InexactJsonError('The text is no JSON that can be read', { cause: error });
  }
}

/** The shortest decimal of a double (ECMAScript's) without an exponent: what numeric prints after reading it. */
export function plainDecimal(value: number): string {
  const text = JSON.stringify(value);
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0').slice(0, point) + (digits.length > point ? `.${digits.slice(point)}` : '');
}
