/** A JSON Schema (draft-07, which Ajv's default export reads) as a plain object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A registered event version. Once shipped it never changes; a new need is a new version. */
export interface EventDefinition<T extends string = string, P = unknown> {
  /** `<aggregate>.<past tense>`, e.g. `tenant.updated`. */
  readonly type: T;
  /** From 1. */
  readonly version: number;
  readonly topic: string;
  readonly aggregateType: string;
  readonly schema: JsonSchema;
  /** Carries the payload's type; never present at run time. */
  readonly payload?: P;
}

/** Declares an event with the type of its payload, which the schema describes for everyone else. */
export function defineEvent<P>() {
  return <const T extends string>(definition: EventDefinition<T>): EventDefinition<T, P> => definition as EventDefinition<T, P>;
}

/** The payload's type of a definition. */
export type PayloadOf<D> = D extends EventDefinition<string, infer P> ? P : never;

const uuid: JsonSchema = { type: 'string', format: 'uuid' };
const text = (maxLength: number): JsonSchema => ({ type: 'string', maxLength });
const dateTime: JsonSchema = { type: 'string', format: 'date-time' };
const nullable = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });

/** An object that has these properties, all required, and no other. */
function record(properties: Record<string, JsonSchema>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

export const field = { uuid, text, dateTime, nullable, record };
