import type { JsonSchema } from '@plinth/contracts';

/** A field of a payload as a table shows it. */
export interface SchemaField {
  /** Members with dots, items of a list with `[]`: `actor.id`, `tags[].key`. */
  readonly path: string;
  /** E.g. `text, at most 200`, `uuid or null`. */
  readonly type: string;
  readonly optional: boolean;
  readonly description: string;
}

/** The fields of an object's schema, each nested one after the field that holds it. */
export function schemaFields(schema: JsonSchema, prefix = ''): readonly SchemaField[] {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>;
  const required = (schema['required'] ?? []) as string[];
  return Object.entries(properties).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const own = { path, type: typeOf(property), optional: !required.includes(name), description: (property['description'] ?? '') as string };
    const items = property['items'] as JsonSchema | undefined;
    return [own, ...schemaFields(property, `${path}.`), ...(items === undefined ? [] : schemaFields(items, `${path}[].`))];
  });
}

function typeOf(schema: JsonSchema): string {
  const { anyOf, enum: values, const: only, type, format, items } = schema as {
    readonly anyOf?: readonly JsonSchema[];
    readonly enum?: readonly (string | number)[];
    readonly const?: string | number;
    readonly type?: string;
    readonly format?: string;
    readonly items?: JsonSchema;
  };
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  if (only !== undefined) return `\`${only}\``;
  if (type === 'array') return `list of (${items === undefined ? 'anything' : typeOf(items)})`;
  const name = type === 'string' ? (format ?? 'text') : (type ?? 'anything');
  return [name, ...boundsOf(schema)].join(', ');
}

const bounds: Readonly<Record<string, string>> = { minimum: 'at least', maximum: 'at most', minLength: 'at least', maxLength: 'at most' };

function boundsOf(schema: JsonSchema): string[] {
  return Object.entries(bounds).flatMap(([keyword, words]) => (typeof schema[keyword] === 'number' ? [`${words} ${schema[keyword]}`] : []));
}
