import { deadLetterTopic } from '@plinth/contracts';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { OutgoingMessage } from './event-producer.js';

export interface DeadLetterFacts {
  readonly topic: string;
  readonly partition: number;
  readonly group: string;
  readonly attempts: number;
  readonly error: unknown;
  readonly failedAt: Date;
}

/**
 * The message as it came, byte for byte, with where it came from and why it failed beside its own
 * headers (contract: "Events"). A header without a value becomes an empty one: kafkajs cannot write null.
 */
export function toDeadLetter(message: KafkaMessage, facts: DeadLetterFacts): OutgoingMessage {
  const headers: IHeaders = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    headers[name] = Array.isArray(value) ? value.map((one) => one ?? Buffer.alloc(0)) : (value ?? Buffer.alloc(0));
  }
  return {
    topic: deadLetterTopic,
    key: message.key,
    value: message.value,
    headers: {
      ...headers,
      dlq_topic: facts.topic,
      dlq_partition: String(facts.partition),
      dlq_offset: message.offset,
      dlq_group: facts.group,
      dlq_attempts: String(facts.attempts),
      dlq_error: errorLabel(facts.error),
      dlq_failed_at: facts.failedAt.toISOString(),
    },
  };
}

/** `<class>` or `<class>:<code>`. The text of an error may quote the data that caused it, so it is left out. */
export function errorLabel(error: unknown): string {
  if (!(error instanceof Error)) return 'UnknownError';
  const { code } = error as Error & { code?: unknown };
  const cause = (error as { driverError?: unknown }).driverError ?? error.cause;
  const nested = code ?? (cause instanceof Error ? (cause as Error & { code?: unknown }).code : undefined);
  const label = typeof nested === 'string' || typeof nested === 'number' ? `${error.name}:${nested}` : error.name;
  return label.replace(/[^\w.:-]/g, '_').slice(0, 120);
}
