/** A JSON Schema (draft-07, which Ajv's default export reads) as a plain object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A registered event version. Once shipped it never changes; a new need is a new version (ADR 0020). */
export interface EventDefinition<T extends string = string, P = unknown> {
  /** `<aggregate>.<past tense>`, e.g. `tenant.updated`. */
  readonly type: T;
  /** From 1. */
  readonly version: number;
  readonly topic: string;
  readonly aggregateType: string;
  /** What has happened, in a sentence; for the generated documents. */
  readonly description?: string;
  readonly schema: JsonSchema;
  /** From the version before; absent where there is none. */
  readonly upcaster?: Upcaster<P>;
  /** Carries the payload's type; never present at run time. */
  readonly payload?: P;
}

/** Reads a payload of the version before as one of this version, so that a consumer handles the newest alone. */
export interface Upcaster<P = unknown> {
  /** The version before. */
  readonly from: EventDefinition;
  upcast(payload: unknown): P;
}

/** Declares an event with the type of its payload, which the schema describes for everyone else. */
export function defineEvent<P>() {
  return <const T extends string>(definition: EventDefinition<T, P>): EventDefinition<T, P> => definition;
}

/**
 * @param upcast pure, without a clock or a look-up, and total over `from`'s schema: it is run again at every delivery and redrive,
 *   and what it cannot read becomes a dead letter
 */
export function upcastFrom<F, P>(from: EventDefinition<string, F>, upcast: (payload: F) => P): Upcaster<P> {
  return { from, upcast: (payload) => upcast(payload as F) };
}

/** The payload's type of a definition. */
export type PayloadOf<D> = D extends EventDefinition<string, infer P> ? P : never;

/** `<type>.v<version>`, as in CloudEvents' `type`. */
export function eventName(type: string, version: number): string {
  return `${type}.v${version}`;
}

const uuid: JsonSchema = { type: 'string', format: 'uuid' };
const text = (maxLength: number): JsonSchema => ({ type: 'string', maxLength });
const dateTime: JsonSchema = { type: 'string', format: 'date-time' };
const nullable = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
/** The schema with what the field means, where its name does not say it; for the generated documents. */
const described = (description: string, schema: JsonSchema): JsonSchema => ({ description, ...schema });

/** An object that has these properties, all required, and no other. */
function record(properties: Record<string, JsonSchema>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

export const field = { uuid, text, dateTime, nullable, described, record };
