import { operatorAccessPolicies, type JsonSchema } from '@plinth/contracts';
import type { FieldError } from '@plinth/kernel';
import { Ajv } from 'ajv';

const text = (maxLength: number): JsonSchema => ({ type: 'string', minLength: 1, maxLength });
const record = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({ type: 'object', properties, additionalProperties: false });

/**
 * The settings that the suite itself gives a meaning, each with the schema (draft-07) that its value has to fit. A product on top keeps its
 * own beside them, under other names: those are stored as they come.
 */
export const knownSettings: Readonly<Record<string, JsonSchema>> = {
  /** BCP 47, e.g. `de-CH`: in which language the tenant is written to. */
  locale: { type: 'string', pattern: '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$' },
  /** ISO 4217. */
  currency: { type: 'string', pattern: '^[A-Z]{3}$' },
  weekStart: { enum: ['monday', 'saturday', 'sunday'] },
  /** Whether operators who ask are let in at once, after an owner or admin has approved (without the setting too), or never (ADR 0039). */
  operatorAccess: { enum: [...operatorAccessPolicies] },
  branding: record({ displayName: text(100), primaryColor: { type: 'string', pattern: '^#[0-9a-fA-F]{6}$' }, logoUrl: { type: 'string', pattern: '^https://', maxLength: 2_000 } }),
  support: record({ email: { type: 'string', pattern: '^[^\\s@]+@[^\\s@]+$', maxLength: 254 }, url: { type: 'string', pattern: '^https://', maxLength: 2_000 } }),
};

const ajv = new Ajv({ allErrors: true });
const validators = new Map(Object.entries(knownSettings).map(([name, schema]) => [name, ajv.compile(schema)]));

/**
 * Where the settings do not fit: pointers into the request's body and what is asked there, never a value.
 *
 * @param names of those to look at: what was stored before its schema came must not hold up the change of another
 */
export function settingFaults(settings: Readonly<Record<string, unknown>>, names: readonly string[]): readonly FieldError[] {
  return [...validators].flatMap(([name, validate]) => {
    if (!names.includes(name) || !Object.hasOwn(settings, name) || validate(settings[name])) return [];
    return (validate.errors ?? []).map(({ instancePath, message }): FieldError => ({ pointer: `/settings/${name}${instancePath}`, detail: message ?? 'does not fit its schema' }));
  });
}
