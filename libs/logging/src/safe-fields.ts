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

const allowed: ReadonlySet<string> = new Set<keyof SafeFields>([
  'requestId', 'traceId', 'tenantId', 'principalType', 'method', 'route', 'status', 'durationMs', 'code', 'service',
  'host', 'port', 'schema', 'topic', 'partition', 'offset', 'group', 'eventId', 'eventType', 'eventVersion', 'attempt',
  'count', 'delayMs', 'signal', 'state', 'source', 'name', 'error',
]); // prettier-ignore

const maxLength = 200;

/** The fields that may be written, as plain scalars. */
export function safeFields(fields: SafeFields): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!allowed.has(name) || value === undefined) continue;
    safe[name] = name === 'error' ? describeError(value) : scalar(value);
  }
  return safe;
}

function scalar(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, maxLength);
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : `[${typeof value}]`;
}

/** Class, code and frames of an error and of its causes (three deep); database and parser messages quote what they were given. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, cause, stack } = error as Error & { code?: unknown };
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    frames: (stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 12)
      .map((line) => line.trim()),
    ...(cause !== undefined && depth < 3 ? { cause: describeError(cause, depth + 1) } : {}),
  };
}
