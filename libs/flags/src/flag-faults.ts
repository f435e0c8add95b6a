import { tierNames, type JsonSchema } from '@plinth/contracts';
import type { FieldError } from '@plinth/kernel';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { bucketCount, bucketsOf } from './bucket.js';
import { splitUnits, type FlagDefinition, type FlagRule } from './flag.js';
import { typeOfValue } from './flag-value.js';

export const flagKeyPattern = '^[a-z0-9]+(-[a-z0-9]+)*$';
export const maxKeyLength = 100;
/** Of the parts that an operator writes, as JSON: the audit trail holds two of them in one entry. */
export const maxFlagBytes = 262_144;

const variantName: JsonSchema = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' };
const moment: JsonSchema = { type: 'string', format: 'date-time' };
const names = (items: JsonSchema): JsonSchema => ({ type: 'array', minItems: 1, maxItems: 10_000, uniqueItems: true, items });

/** Of `FlagRule`, in JSON Schema; the API document shows it too. */
export const ruleSchema: JsonSchema = {
  type: 'object',
  properties: {
    description: { type: 'string', maxLength: 500 },
    // As PostgreSQL writes ids, for they are compared letter by letter.
    tenants: names({ type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
    tiers: names({ enum: tierNames }),
    users: names({ type: 'string', minLength: 1, maxLength: 255, description: 'Targeting keys.' }),
    attributes: {
      type: 'object',
      description: 'By name: the values that hold.',
      minProperties: 1,
      maxProperties: 20,
      propertyNames: { type: 'string', minLength: 1, maxLength: 100 },
      additionalProperties: names({ type: ['string', 'number', 'boolean'], maxLength: 500 }),
    },
    from: { ...moment, description: 'The first moment at which the rule holds.' },
    until: { ...moment, description: 'The first moment at which it holds no more.' },
    variant: variantName,
    split: {
      type: 'array',
      description: 'Shares, one behind the other; whom they leave over goes on to the next rule.',
      minItems: 1,
      maxItems: 20,
      items: {
        type: 'object',
        properties: { variant: variantName, percent: { type: 'number', minimum: 0, maximum: 100, description: 'In thousandths at the finest.' } },
        required: ['variant', 'percent'],
        additionalProperties: false,
      },
    },
    splitBy: { enum: splitUnits },
  },
  oneOf: [{ required: ['variant'] }, { required: ['split'] }],
  additionalProperties: false,
};

export const rulesSchema: JsonSchema = { type: 'array', maxItems: 100, items: ruleSchema };

export const variantsSchema: JsonSchema = {
  type: 'object',
  description: 'The values by their names, all of the flag’s type.',
  minProperties: 1,
  maxProperties: 50,
  propertyNames: variantName,
};

const schema: JsonSchema = {
  type: 'object',
  properties: { key: { type: 'string', pattern: flagKeyPattern, maxLength: maxKeyLength }, variants: variantsSchema, rules: rulesSchema, salt: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,100}$' } },
};

// A type of several is draft-07's own; strict mode would ask for it to be allowed.
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
addFormats.default(ajv, ['date-time']);
const validate = ajv.compile(schema);

/** Where a flag is not sound: RFC 6901 pointers into it and what is asked there, never a value. Empty where it can be evaluated. */
export function flagFaults(flag: FlagDefinition): readonly FieldError[] {
  if (!validate(flag)) return (validate.errors ?? []).map(({ instancePath, message }) => ({ pointer: instancePath, detail: message ?? 'does not fit its schema' }));
  return [
    ...Object.entries(flag.variants)
      .filter(([, value]) => typeOfValue(value) !== flag.type)
      .map(([name]) => ({ pointer: `/variants/${name}`, detail: `must be of the flag's type, ${flag.type}` })),
    ...(['defaultVariant', 'offVariant'] as const).flatMap((member) => unknownVariant(flag, flag[member], `/${member}`)),
    ...flag.rules.flatMap((rule, index) => ruleFaults(flag, rule, `/rules/${index}`)),
  ];
}

function ruleFaults(flag: FlagDefinition, { variant, split = [], splitBy, from, until }: FlagRule, pointer: string): FieldError[] {
  const buckets = split.map(({ percent }) => bucketsOf(percent));
  return [
    ...(variant === undefined ? [] : unknownVariant(flag, variant, `${pointer}/variant`)),
    ...split.flatMap((share, index) => unknownVariant(flag, share.variant, `${pointer}/split/${index}/variant`)),
    ...(buckets.reduce((sum, count) => sum + count, 0) > bucketCount ? [{ pointer: `${pointer}/split`, detail: 'must not come to more than 100 percent' }] : []),
    ...(splitBy !== undefined && variant !== undefined ? [{ pointer: `${pointer}/splitBy`, detail: 'says nothing without a split' }] : []),
    // A leap second has the form of a time, and JavaScript knows none.
    ...Object.entries({ from, until }).flatMap(([member, text]) => (text !== undefined && Number.isNaN(Date.parse(text)) ? [{ pointer: `${pointer}/${member}`, detail: 'must be a time that there is' }] : [])),
    ...(from !== undefined && until !== undefined && Date.parse(from) >= Date.parse(until) ? [{ pointer: `${pointer}/until`, detail: 'must be after `from`' }] : []),
  ];
}

function unknownVariant({ variants }: FlagDefinition, name: string, pointer: string): FieldError[] {
  return Object.hasOwn(variants, name) ? [] : [{ pointer, detail: 'must name one of the variants' }];
}
