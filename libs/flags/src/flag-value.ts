import { assertNever } from '@plinth/kernel';
import type { FlagType, FlagValue } from './flag.js';

/** The number of RFC 8259, section 6. */
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** The type that a value is of; undefined for what no flag can be: null, a list, a number that JSON cannot hold. */
export function typeOfValue(value: unknown): FlagType | undefined {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return Number.isFinite(value) ? 'number' : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? 'json' : undefined;
}

/** Reads a flag's value from a text. @throws Error that says what is expected and never the value */
export function parseFlagValue(type: FlagType, text: string): FlagValue {
  switch (type) {
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new Error('must be true or false');
      return text === 'true';
    case 'number':
      if (!jsonNumber.test(text) || !Number.isFinite(Number(text))) throw new Error('must be a number, as 10 or 2.5');
      return Number(text);
    case 'json':
      return parseObject(text);
    case 'string':
      return text;
    default:
      return assertNever(type);
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below: what is no JSON is no object of it either.
  }
  if (typeOfValue(value) !== 'json') throw new Error('must be a JSON object');
  return value as Readonly<Record<string, unknown>>;
}
