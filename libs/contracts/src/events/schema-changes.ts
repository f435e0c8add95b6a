import type { JsonSchema } from './event-definition.js';

/** One way in which two schemas differ for whoever writes or reads a payload. */
export interface SchemaChange {
  /** Pointer to the field in the payload; `/*` stands for the items of a list, `/` for the payload itself. */
  readonly field: string;
  /** E.g. `maxLength 200 -> 100`. */
  readonly what: string;
}

/** Keywords that say something to people and nothing to a validator. */
const annotations: ReadonlySet<string> = new Set(['title', 'description', '$comment', 'examples']);
/** Their values are lists whose order means nothing. */
const sets: ReadonlySet<string> = new Set(['enum', 'type']);
const alternatives: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf']);

/** What differs between a shipped schema and the current one, annotations apart. Empty where nothing does. */
export function schemaChanges(shipped: JsonSchema, current: JsonSchema): readonly SchemaChange[] {
  return changesAt('', shipped, current);
}

function changesAt(path: string, shipped: JsonSchema, current: JsonSchema): SchemaChange[] {
  const keywords = [...new Set([...Object.keys(shipped), ...Object.keys(current)])].filter((keyword) => !annotations.has(keyword));
  return keywords.flatMap((keyword) => {
    const [before, after] = [shipped[keyword], current[keyword]];
    if (keyword === 'properties') return propertyChanges(path, shipped, current);
    if (keyword === 'required') return requiredChanges(path, shipped, current);
    if (keyword === 'items' && isSchema(before) && isSchema(after)) return changesAt(`${path}/*`, before, after);
    if (alternatives.has(keyword) && isSchemaList(before) && isSchemaList(after) && before.length === after.length) {
      return before.flatMap((schema, index) => changesAt(path, schema, after[index] ?? {}));
    }
    const [then, now] = [textOf(keyword, before), textOf(keyword, after)];
    return then === now ? [] : [{ field: path || '/', what: `${keyword} ${then} -> ${now}` }];
  });
}

function propertyChanges(path: string, shipped: JsonSchema, current: JsonSchema): SchemaChange[] {
  const [before, after] = [propertiesOf(shipped), propertiesOf(current)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const field = `${path}/${pointerToken(name)}`;
    const [then, now] = [before[name], after[name]];
    if (now === undefined) return [{ field, what: 'was removed' }];
    if (then === undefined) return [{ field, what: requiredOf(current).has(name) ? 'was added, and is required' : 'was added' }];
    return changesAt(field, then, now);
  });
}

/** Of the properties that both have; what was added or removed is told already. */
function requiredChanges(path: string, shipped: JsonSchema, current: JsonSchema): SchemaChange[] {
  const [before, after] = [requiredOf(shipped), requiredOf(current)];
  const names = [...before.symmetricDifference(after)].filter((name) => name in propertiesOf(shipped) === name in propertiesOf(current));
  return names.map((name) => ({ field: `${path}/${pointerToken(name)}`, what: after.has(name) ? 'became required' : 'became optional' }));
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema['properties'] ?? {}) as Record<string, JsonSchema>;
}

function requiredOf(schema: JsonSchema): ReadonlySet<string> {
  return new Set((schema['required'] ?? []) as string[]);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSchemaList(value: unknown): value is readonly JsonSchema[] {
  return Array.isArray(value) && value.every(isSchema);
}

function textOf(keyword: string, value: unknown): string {
  if (value === undefined) return 'none';
  if (sets.has(keyword) && Array.isArray(value)) return `[${value.map((one) => JSON.stringify(one)).sort().join()}]`;
  return JSON.stringify(inKeyOrder(value));
}

/** Members sorted, so that two objects that say the same are the same text. */
function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder);
  if (!isSchema(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, inKeyOrder(value[key])]));
}

/** RFC 6901, section 3. */
function pointerToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
