import type { ServiceName } from './services.js';

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

/** Every consumer group of the suite. */
export const consumerGroups = ['audit-service', 'tenant-service'] as const;
export type ConsumerGroup = (typeof consumerGroups)[number];

/** The service in whose schema a group's inbox is. */
export const consumerServices: Readonly<Record<ConsumerGroup, ServiceName>> = { 'audit-service': 'audit-service', 'tenant-service': 'tenant-service' };

/** Where a dead letter is sent again: to the group that failed, not to all who read the original topic. */
export function redriveTopicOf(group: string): string {
  return `plinth.redrive.${group}`;
}

export const topics: readonly TopicDefinition[] = [
  { name: 'plinth.tenancy', partitions: 6, retentionMs: 14 * dayMs },
  { name: 'plinth.identity', partitions: 6, retentionMs: 14 * dayMs },
  { name: 'plinth.audit', partitions: 6, retentionMs: 14 * dayMs },
  { name: 'plinth.ai', partitions: 6, retentionMs: 14 * dayMs },
  { name: 'plinth.jobs', partitions: 6, retentionMs: 14 * dayMs },
  { name: 'plinth.gateway', partitions: 6, retentionMs: 14 * dayMs },
  { name: deadLetterTopic, partitions: 1, retentionMs: 7 * dayMs },
  ...consumerGroups.map((group) => ({ name: redriveTopicOf(group), partitions: 1, retentionMs: 7 * dayMs })),
];
