/** A Kafka topic as it is created at start. */
export interface TopicDefinition {
  readonly name: string;
  /** Fixed for the life of the topic: the key decides the partition, and order is per key. */
  readonly partitions: number;
  /** In milliseconds. */
  readonly retentionMs: number;
}

const dayMs = 86_400_000;

/** Where a message goes that no attempt could handle; kept 7 days (contract: "Events"). */
export const deadLetterTopic = 'plinth.dead-letter';

export const topics: readonly TopicDefinition[] = [
  { name: 'plinth.tenancy', partitions: 6, retentionMs: 14 * dayMs },
  { name: 'plinth.identity', partitions: 6, retentionMs: 14 * dayMs },
  { name: 'plinth.audit', partitions: 6, retentionMs: 14 * dayMs },
  { name: 'plinth.ai', partitions: 6, retentionMs: 14 * dayMs },
  { name: 'plinth.jobs', partitions: 6, retentionMs: 14 * dayMs },
  { name: 'plinth.gateway', partitions: 6, retentionMs: 14 * dayMs },
  { name: deadLetterTopic, partitions: 1, retentionMs: 7 * dayMs },
];
