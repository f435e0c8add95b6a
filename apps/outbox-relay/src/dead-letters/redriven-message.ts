import { redriveTopicOf } from '@plinth/contracts';
import type { OutgoingMessage } from '@plinth/kafka';
import { letterHeaders } from './received-letter.js';
import { readHeaders, type StoredHeader } from './stored-headers.js';

/** What of a stored letter makes up the message that is sent again. */
export interface RedrivableLetter {
  readonly id: string;
  readonly consumer_group: string;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly replay_count: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly StoredHeader[];
}

/**
 * The original message on its way to the one group that failed: its own key, value and headers, with
 * where it first was and how often it has been sent again beside them. A header without a value becomes
 * an empty one: kafkajs cannot write null.
 */
export function redrivenMessage(letter: RedrivableLetter): OutgoingMessage {
  const { topic, partition, offset } = letter;
  const own = readHeaders(letter.headers).filter(({ name }) => !letterHeaders.has(name));
  const origin = topic === null || partition === null || offset === null ? {} : { dlq_topic: topic, dlq_partition: String(partition), dlq_offset: offset };
  const values = Map.groupBy(own, ({ name }) => name);
  return {
    topic: redriveTopicOf(letter.consumer_group),
    key: letter.key,
    value: letter.value,
    headers: {
      ...Object.fromEntries([...values].map(([name, headers]) => [name, oneOrAll(headers.map(({ value }) => value ?? Buffer.alloc(0)))])),
      ...origin,
      dlq_replay_count: String(letter.replay_count + 1),
    },
  };
}

function oneOrAll(values: Buffer[]): Buffer | Buffer[] {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : values;
}
