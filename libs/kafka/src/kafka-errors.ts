/** The parts of a kafkajs error that decide what to do. */
interface KafkaErrorFacts {
  readonly name: string;
  /** Kafka's protocol error, e.g. `MESSAGE_TOO_LARGE`, where the broker answered one. */
  readonly type: string | undefined;
}

// What a broker answers when this very record can never be accepted; the next one may be.
const refusedRecord: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']);

// What it answers when a topic is missing or closed to us; other topics go on.
const refusedTopic: ReadonlySet<string> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION', 'TOPIC_AUTHORIZATION_FAILED']);

/** `record`: the message's own fault. `topic`: its topic cannot be written. `broker`: everything else; a later try may succeed. */
export type KafkaFault = 'record' | 'topic' | 'broker';

/** Whose fault a failed publication is. What is not known counts as the broker's: to try again is safe, to give up a record is not. */
export function kafkaFaultOf(error: unknown): KafkaFault {
  const { type } = factsOf(error);
  if (type !== undefined && refusedRecord.has(type)) return 'record';
  if (type !== undefined && refusedTopic.has(type)) return 'topic';
  // A record that this side cannot even encode: kafkajs raises a plain TypeError or RangeError for it.
  if (error instanceof TypeError || error instanceof RangeError) return 'record';
  return 'broker';
}

/** A name for logs and health answers: the protocol error, the socket's code, or the error's class. Never its message. */
export function kafkaErrorCode(error: unknown): string {
  const { name, type } = factsOf(error);
  return type ?? name;
}

/** kafkajs wraps the error that ended its retries; the innermost one tells what happened. */
function factsOf(error: unknown): KafkaErrorFacts {
  let current: unknown = error;
  let facts: KafkaErrorFacts = { name: 'UnknownError', type: undefined };
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    const { type, code } = current as Error & { type?: unknown; code?: unknown };
    facts = { name: typeof code === 'string' && code !== '' ? code : current.name, type: typeof type === 'string' ? type : facts.type };
    if (facts.type !== undefined) return facts;
    if (current.cause === current) return facts;
    current = current.cause ?? (current as { originalError?: unknown }).originalError;
  }
  return facts;
}
