import { setTimeout as delay } from 'node:timers/promises';
import { deadLetterTopic, redriveTopicOf, type TopicDefinition } from '@plinth/contracts';
import { backoffDelayMs } from '@plinth/kernel';
import type { ITopicConfig } from 'kafkajs';
import type { KafkaClient } from './kafka-client.js';

const replicationOfBroker = -1;

/**
 * Creates the topics that are missing (the broker does not create them on first use). Safe to call
 * from several processes at once; a topic that exists is left as it is. One try.
 *
 * @throws kafkajs' error where no broker answers or refuses
 */
export async function ensureTopics(kafka: KafkaClient, topics: readonly TopicDefinition[]): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !existing.has(topic.name));
    if (missing.length > 0) await admin.createTopics({ topics: missing.map(configOf), waitForLeaders: true, timeout: 5000 });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** `ensureTopics` until it has succeeded or the signal ends it; a broker that is away or still loading is waited for. */
export async function ensureTopicsEventually(
  kafka: KafkaClient,
  topics: readonly TopicDefinition[],
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await ensureTopics(kafka, topics);
    } catch (error) {
      onFailure(error);
      await delay(backoffDelayMs(attempt, { baseMs: 200, capMs: 3000 }), undefined, { signal }).catch(() => undefined);
    }
  }
}

function configOf(topic: TopicDefinition): ITopicConfig {
  const configEntries = [{ name: 'retention.ms', value: String(topic.retentionMs) }];
  // A dead letter is the original and a few headers more, sent again too: it must fit where the original did (1 MiB).
  const isLetter = topic.name === deadLetterTopic || topic.name.startsWith(redriveTopicOf(''));
  if (isLetter) configEntries.push({ name: 'max.message.bytes', value: String(2 * 1024 * 1024) });
  return { topic: topic.name, numPartitions: topic.partitions, replicationFactor: replicationOfBroker, configEntries };
}
