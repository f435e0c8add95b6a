/**
 * What a span may hold: templates, codes and ids, as a log line (`SafeFields` of libs/logging). Personal
 * data, secrets and payloads have no field here; one that is not in the table is dropped at run time too.
 */
export interface SpanFields {
  readonly method?: string;
  /** The route's template; never the path that was called. */
  readonly route?: string;
  readonly status?: number;
  readonly requestId?: string;
  /** Who is called, by the name that the code gives it. */
  readonly destination?: string;
  readonly topic?: string;
  readonly group?: string;
  readonly eventId?: string;
  /** With its version. */
  readonly eventType?: string;
  readonly attempts?: number;
  /** Code of what failed; never a message. */
  readonly error?: string;
}

/** By OpenTelemetry's semantic conventions where they have a name for it. */
const attributeNames: Readonly<Record<keyof SpanFields, string>> = {
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  requestId: 'plinth.request.id',
  destination: 'peer.service',
  topic: 'messaging.destination.name',
  group: 'messaging.consumer.group.name',
  eventId: 'messaging.message.id',
  eventType: 'plinth.event.type',
  attempts: 'plinth.attempts',
  error: 'error.type',
};

const maxLength = 200;

/** The fields that may be told, under their names. */
export function spanAttributes(fields: SpanFields): Record<string, string | number> {
  const attributes: Record<string, string | number> = {};
  for (const [field, value] of Object.entries(fields) as [string, unknown][]) {
    const name = Object.hasOwn(attributeNames, field) ? attributeNames[field as keyof SpanFields] : undefined;
    if (name === undefined) continue;
    if (typeof value === 'number') attributes[name] = value;
    else if (typeof value === 'string') attributes[name] = value.slice(0, maxLength);
  }
  return attributes;
}
