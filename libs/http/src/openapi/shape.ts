import type { JsonSchema } from '@plinth/contracts';

/**
 * What a part of an answer looks like: a JSON Schema (2020-12) that carries the type of what it describes, so that a view
 * and its documentation are declared once.
 */
export interface Shape<T = unknown> {
  readonly schema: JsonSchema;
  /** Set on a member that may be absent. */
  readonly optional?: boolean;
  /** Carries the type; never there at run time. */
  readonly described?: T;
}

/** The type of what a shape describes. */
export type Described<S> = S extends Shape<infer T> ? T : never;

/** A member that may be absent. */
export interface OptionalShape<T> extends Shape<T> {
  readonly optional: true;
}

type Members = Readonly<Record<string, Shape>>;
type OptionalNames<M extends Members> = { [Name in keyof M]: M[Name] extends { readonly optional: true } ? Name : never }[keyof M];

/** The object with these members. */
export type RecordOf<M extends Members> = { readonly [Name in Exclude<keyof M, OptionalNames<M>>]: Described<M[Name]> } & {
  readonly [Name in OptionalNames<M>]?: Described<M[Name]>;
};

/** A part of a list that is read by cursor. */
export interface Page<T> {
  readonly data: readonly T[];
  /** For the next page's `cursor`; null on the last one. */
  readonly nextCursor: string | null;
}

function of<T>(schema: JsonSchema, description?: string): Shape<T> {
  return { schema: description === undefined ? schema : { ...schema, description } };
}

/** An object with these members and no other. */
function record<const M extends Members>(members: M): Shape<RecordOf<M>> {
  const required = Object.keys(members).filter((name) => members[name]?.optional !== true);
  const properties = Object.fromEntries(Object.entries(members).map(([name, { schema }]) => [name, schema]));
  return of({ type: 'object', properties, ...(required.length === 0 ? {} : { required }), additionalProperties: false });
}

/** An object with these members and whatever else another specification gives it. */
function openRecord<const M extends Members>(members: M): Shape<RecordOf<M>> {
  return of({ ...record(members).schema, additionalProperties: true });
}

function nullable<T>({ schema }: Shape<T>): Shape<T | null> {
  const { type, enum: values, title, ...rest } = schema;
  if (typeof type !== 'string' || title !== undefined) return of({ anyOf: [schema, { type: 'null' }] });
  return of({ ...rest, type: [type, 'null'], ...(values === undefined ? {} : { enum: [...(values as unknown[]), null] }) });
}

function list<T>(item: Shape<T>, description?: string): Shape<readonly T[]> {
  return of({ type: 'array', items: item.schema }, description);
}

/** The one or the other. */
function either<A, B>(one: Shape<A>, other: Shape<B>): Shape<A | B> {
  return of({ anyOf: [one.schema, other.schema] });
}

/** Gives the shape a name under which the document lists it once. */
function named<T>(title: string, { schema }: Shape<T>, description?: string): Shape<T> {
  return of({ title, ...schema }, description);
}

/** The shapes that answers are made of. A description is a sentence for the reader of the document. */
export const shape = {
  text: (description?: string) => of<string>({ type: 'string' }, description),
  uuid: (description?: string) => of<string>({ type: 'string', format: 'uuid' }, description),
  /** UTC, ISO 8601. */
  dateTime: (description?: string) => of<string>({ type: 'string', format: 'date-time' }, description),
  base64: (description?: string) => of<string>({ type: 'string', contentEncoding: 'base64' }, description),
  integer: (description?: string) => of<number>({ type: 'integer' }, description),
  number: (description?: string) => of<number>({ type: 'number' }, description),
  boolean: (description?: string) => of<boolean>({ type: 'boolean' }, description),
  /** Any JSON value. */
  anything: (description?: string) => of<unknown>({}, description),
  /** A JSON object that the service does not look into. */
  anyObject: (description?: string) => of<Readonly<Record<string, unknown>>>({ type: 'object' }, description),
  oneOf: <const V extends readonly string[]>(values: V, description?: string) => of<V[number]>({ type: 'string', enum: values }, description),
  just: <const V extends string | number | boolean>(value: V, description?: string) => of<V>({ const: value }, description),
  optional: <T>({ schema }: Shape<T>): OptionalShape<T> => ({ schema, optional: true }),
  /** Members with names that are data. */
  mapOf: <T>(value: Shape<T>, description?: string) => of<Readonly<Record<string, T>>>({ type: 'object', additionalProperties: value.schema }, description),
  record,
  openRecord,
  nullable,
  either,
  list,
  named,
  /** One page of a list (contract: "Lists"). */
  page: <T>(item: Shape<T>): Shape<Page<T>> =>
    record({ data: list(item), nextCursor: nullable(of<string>({ type: 'string' }, 'For `cursor` of the next page; null on the last one.')) }),
};
