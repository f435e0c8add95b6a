type Json = Readonly<Record<string, unknown>>;

const prefix = '#/components/schemas/';

/**
 * The schemas of a joined document: those that its operations refer to, each once. Two services may call different things
 * by one name; the second is then called `<service>.<name>`.
 */
export class SchemaPool {
  private readonly schemas = new Map<string, unknown>();

  /** The part of a service's document with its references leading into the pool, which now has all that they lead to. */
  adopt<T>(part: T, service: string, schemas: Json): T {
    return this.rewrite(part, service, schemas, new Map()) as T;
  }

  /** By name, in the order of the alphabet. */
  all(): Record<string, Json> {
    return Object.fromEntries([...this.schemas].sort(([a], [b]) => (a < b ? -1 : 1))) as Record<string, Json>;
  }

  private rewrite(value: unknown, service: string, schemas: Json, renamed: Map<string, string>): unknown {
    if (Array.isArray(value)) return value.map((item: unknown) => this.rewrite(item, service, schemas, renamed));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]: [string, unknown]) => {
        const refers = name === '$ref' && typeof member === 'string' && member.startsWith(prefix);
        return [name, refers ? prefix + this.take(member.slice(prefix.length), service, schemas, renamed) : this.rewrite(member, service, schemas, renamed)];
      }),
    );
  }

  private take(name: string, service: string, schemas: Json, renamed: Map<string, string>): string {
    const known = renamed.get(name);
    if (known !== undefined) return known;
    // Before its members, which may lead back to it.
    renamed.set(name, name);
    const schema = this.rewrite(schemas[name] ?? {}, service, schemas, renamed);
    const taken = this.schemas.get(name);
    if (taken === undefined || JSON.stringify(taken) === JSON.stringify(schema)) {
      this.schemas.set(name, schema);
      return name;
    }
    const final = `${service}.${name}`;
    renamed.set(name, final);
    this.schemas.set(final, this.rewrite(schemas[name], service, schemas, renamed));
    return final;
  }
}
