import { deadLetterTopic, redriveTopicOf } from '@plinth/contracts';
import { errorLabel } from '@plinth/logging';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { OutgoingMessage } from './event-producer.js';

/** Where a message first was. It stays the same however often the message is sent again. */
export interface MessageOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** How often it was sent again since; 0 for one that was not. */
  readonly replayCount: number;
}

/** Who gave the message up, when, and why. `attempts` counts from 1; of the error only its label is written. */
export interface DeadLetterFacts extends MessageOrigin {
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
      dlq_offset: facts.offset,
      dlq_group: facts.group,
      dlq_attempts: String(facts.attempts),
      dlq_error: errorLabel(facts.error),
      dlq_failed_at: facts.failedAt.toISOString(),
      ...(facts.replayCount === 0 ? {} : { dlq_replay_count: String(facts.replayCount) }),
    },
  };
}

/**
 * Where the message first was: its own place, or, on the group's redrive topic, the one that its
 * `dlq_` headers name. Elsewhere such headers are a producer's own and mean nothing.
 */
export function originOf(source: { readonly topic: string; readonly partition: number }, message: KafkaMessage, group: string): MessageOrigin {
  const own = { topic: source.topic, partition: source.partition, offset: message.offset, replayCount: 0 };
  if (source.topic !== redriveTopicOf(group)) return own;
  const text = (name: string) => {
    const value = message.headers?.[name];
    return value === undefined || Array.isArray(value) ? '' : value.toString();
  };
  const [topic, partition, offset, replays] = [text('dlq_topic'), text('dlq_partition'), text('dlq_offset'), text('dlq_replay_count')];
  // What came without them was sent by hand: it was here first.
  if (!topicName.test(topic) || !smallNumber.test(partition) || !largeNumber.test(offset)) return own;
  return { topic, partition: Number(partition), offset, replayCount: smallNumber.test(replays) ? Number(replays) : 1 };
}

const topicName = /^[\w.-]{1,249}$/;
// As many digits as fit the inbox's columns: int for a partition, bigint for an offset.
const smallNumber = /^\d{1,9}$/;
const largeNumber = /^\d{1,18}$/;
