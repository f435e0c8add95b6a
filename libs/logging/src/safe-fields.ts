import { describeError } from './error-description.js';
import { idOpaqueFrom, isPlainId, maskText, textOpaqueFrom } from './masking.js';

/**
 * What a log line may hold beside its constant message: ids, counts, names from code. Personal data,
 * secrets and payloads have no field here, so they cannot be logged by a slip; an unknown field is
 * dropped at run time too, for callers that got past the types.
 */
export interface SafeFields {
  readonly requestId?: string;
  readonly traceId?: string | null;
  readonly tenantId?: string | null;
  readonly principalType?: string;
  readonly method?: string;
  /** The route's template, e.g. `/v1/tenants/:id`; never the path that was called. */
  readonly route?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly code?: string;
  readonly service?: string;
  readonly host?: string;
  readonly port?: number;
  readonly schema?: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: string;
  readonly group?: string;
  readonly eventId?: string;
  readonly eventType?: string;
  readonly eventVersion?: number;
  readonly attempt?: number;
  readonly count?: number;
  readonly delayMs?: number;
  readonly signal?: string;
  readonly state?: string;
  readonly source?: string;
  readonly name?: string;
  /** Logged as its class, code and stack frames; its message may quote data and is left out. */
  readonly error?: unknown;
}

type Form = (value: unknown) => unknown;

/** Who makes ids chooses at random; what is longer than ids are is a secret or a signature. */
const id: Form = (value) => text(value, idOpaqueFrom);

/** A name from code: one word, whatever joins its parts. */
const word: Form = (value) => (typeof value === 'string' && !/^[\w.:/@{}*[\]-]*$/.test(value) ? '[malformed]' : text(value, textOpaqueFrom));

/** A text that a library made, of which no more is known. */
const phrase: Form = (value) => text(value, textOpaqueFrom);

/** As far as sizes, counts and durations go; a number beyond could be a card's. */
const number: Form = (value) => (typeof value === 'number' ? (Math.abs(value) < 1e12 ? value : '[malformed]') : other(value));

/** The allow-list: each field that may be written, and the form its value has to have. */
const forms: ReadonlyMap<string, Form> = new Map(
  Object.entries({
    ...{ requestId: id, traceId: id, tenantId: id, eventId: id },
    ...{ principalType: word, method: word, route: word, code: word, service: word, host: word, schema: word, topic: word },
    ...{ offset: word, group: word, eventType: word, signal: word, state: word, source: phrase, name: phrase },
    ...{ status: number, durationMs: number, port: number, partition: number, eventVersion: number, attempt: number },
    ...{ count: number, delayMs: number, error: describeError },
  } satisfies Record<keyof SafeFields, Form>),
);

/** The fields that may be written, as plain scalars; of an error its description. */
export function safeFields(fields: SafeFields): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const form = forms.get(name);
    const value: unknown = fields[name as keyof SafeFields];
    if (form !== undefined && value !== undefined) safe[name] = form(value);
  }
  return safe;
}

/** A message is a literal, by lint; one that is made of data all the same is masked as a field's text is. */
export function safeMessage(message: string): string {
  return String(phrase(message));
}

/** Texts that are known to need no mask: the few that code makes, so that a line costs a look-up and no search. */
const harmless = new Set<string>();
const harmlessAtMost = 2_000;

function text(value: unknown, opaqueFrom: number): unknown {
  if (typeof value !== 'string') return other(value);
  if (harmless.has(value)) return value;
  const isId = opaqueFrom === idOpaqueFrom;
  if (isId && isPlainId(value)) return value;
  const masked = maskText(value, { opaqueFrom });
  if (masked === value && !isId) {
    if (harmless.size >= harmlessAtMost) harmless.clear();
    harmless.add(value);
  }
  return masked;
}

/** Nothing of a value that is of another type than its field: an object's own text could be anything. */
function other(value: unknown): unknown {
  return value === null || typeof value === 'boolean' ? value : `[${typeof value}]`;
}
