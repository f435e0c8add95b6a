import type { JsonSchema } from '@plinth/contracts';

/** Gathers the schemas that have a name (`title`), so that the document lists each of them once. */
export class NamedSchemas {
  private readonly byName = new Map<string, JsonSchema>();

  /** The schema with a reference in place of every named one. @throws Error for one name of two schemas */
  hoist(schema: JsonSchema): JsonSchema {
    const { title, ...rest } = schema;
    const inner = this.hoistInside(rest);
    return typeof title === 'string' ? this.add(title, inner) : inner;
  }

  /** Lists a schema under a name. @returns the reference to it */
  add(name: string, schema: JsonSchema): JsonSchema {
    const known = this.byName.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) throw new Error(`two schemas are called ${name}`);
    this.byName.set(name, schema);
    return { $ref: `#/components/schemas/${name}` };
  }

  /** By name, in the order of the alphabet. */
  all(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.byName].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private hoistInside(schema: JsonSchema): JsonSchema {
    return Object.fromEntries(
      Object.entries(schema).map(([name, value]) => {
        if (name === 'properties') return [name, mapValues(value as Record<string, JsonSchema>, (member) => this.hoist(member))];
        if (name === 'items' || (name === 'additionalProperties' && typeof value === 'object')) return [name, this.hoist(value as JsonSchema)];
        if (name === 'anyOf' || name === 'oneOf' || name === 'allOf') return [name, (value as JsonSchema[]).map((member) => this.hoist(member))];
        return [name, value];
      }),
    );
  }
}

function mapValues(record: Readonly<Record<string, JsonSchema>>, map: (schema: JsonSchema) => JsonSchema): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(record).map(([name, schema]) => [name, map(schema)]));
}
