import { atMostEvery, type Instruments, type Metrics } from '@plinth/telemetry';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Admin } from 'kafkajs';
import { newCounters, type ConsumerCounters } from './consumer-counters.js';
import type { KafkaClient } from './kafka-client.js';
import { consumerMetrics } from './metrics.js';

/** Whose work is shown, and on which metrics. */
export interface ConsumerMetricsOptions {
  readonly metrics: Metrics;
  readonly kafka: KafkaClient;
  readonly groupId: string;
  /** That the group reads; one that does not exist yet has no lag. */
  readonly topics: readonly string[];
  /** Of the group's `InboxTransport`. */
  readonly counters: ConsumerCounters;
}

const lagIntervalMs = 5_000;

/**
 * Shows what a consumer group has done and how far it is behind. The lag is asked of the broker when
 * scraped, at most every 5 s, over a connection that stays open: whoever consumes must not be slowed.
 */
export class ConsumerMetrics implements OnApplicationShutdown {
  private readonly instruments: Instruments<typeof consumerMetrics>;
  private readonly counted = newCounters();
  private admin: Admin | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: ConsumerMetricsOptions) {
    this.instruments = options.metrics.of(consumerMetrics);
    this.showCounters();
    options.metrics.beforeScrape(() => this.showCounters());
    options.metrics.beforeScrape(atMostEvery({ minIntervalMs: lagIntervalMs }, () => (this.looking = this.showLag())));
  }

  /** Waits for a look at the lag that is under way, then leaves the broker. Never rejects. */
  async onApplicationShutdown(): Promise<void> {
    await this.looking.catch(() => undefined);
    await this.dropAdmin();
  }

  private showCounters(): void {
    const { handled, duplicates, stale, skipped, failedAttempts, deadLetters } = this.instruments;
    const { counters, groupId } = this.options;
    const instrumentOf = { handled, duplicates, stale, skipped, failedAttempts, deadLettered: deadLetters };
    for (const name of Object.keys(instrumentOf) as (keyof ConsumerCounters)[]) {
      instrumentOf[name].add({ group: groupId }, counters[name] - this.counted[name]);
      this.counted[name] = counters[name];
    }
  }

  private async showLag(): Promise<void> {
    const { groupId, topics } = this.options;
    try {
      const admin = (this.admin ??= await this.connect());
      const existing = new Set(await admin.listTopics());
      const lags = await Promise.all(topics.filter((topic) => existing.has(topic)).map((topic) => lagOf(admin, groupId, topic)));
      this.instruments.lag.clear();
      for (const { topic, partition, messages } of lags.flat()) this.instruments.lag.set({ group: groupId, topic, partition: String(partition) }, messages);
    } catch (error) {
      await this.dropAdmin();
      throw error;
    }
  }

  private async connect(): Promise<Admin> {
    const admin = this.options.kafka.admin({ retry: { retries: 0 } });
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      await admin.disconnect().catch(() => undefined);
      throw error;
    }
  }

  private async dropAdmin(): Promise<void> {
    const dropped = this.admin;
    this.admin = undefined;
    await dropped?.disconnect().catch(() => undefined);
  }
}

interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly messages: number;
}

/** A group that has committed nothing yet begins at the first message that is kept. */
async function lagOf(admin: Admin, groupId: string, topic: string): Promise<PartitionLag[]> {
  const [ends, [committed]] = await Promise.all([admin.fetchTopicOffsets(topic), admin.fetchOffsets({ groupId, topics: [topic] })]);
  const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  return ends.map(({ partition, low, high }) => {
    const offset = offsets.get(partition) ?? -1n;
    const from = offset < BigInt(low) ? BigInt(low) : offset;
    return { topic, partition, messages: Number(BigInt(high) - from) };
  });
}
