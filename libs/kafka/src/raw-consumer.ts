import { setTimeout as delay } from 'node:timers/promises';
import { topics as declaredTopics, type TopicDefinition } from '@plinth/contracts';
import { backoffDelayMs, type BackoffOptions } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import { newCounters, type ConsumerCounters } from './consumer-counters.js';
import { GroupConsumer, type MessageSource } from './group-consumer.js';
import type { KafkaClient } from './kafka-client.js';

/** A message as the broker has it: nothing is decoded. */
export interface RawMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** The record's own time, which stays the same however often it is read. */
  readonly timestamp: Date;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In the record's order, but that those of one name stand together. */
  readonly headers: readonly RawHeader[];
}

/** A header as the broker has it: one name may come several times, and a value may be missing. */
export interface RawHeader {
  readonly name: string;
  readonly value: Buffer | null;
}

/** Which topic is kept, and by whom. */
export interface RawConsumerOptions {
  readonly kafka: KafkaClient;
  readonly groupId: string;
  readonly topic: string;
  readonly logger: Logger;
  /** Takes the message in for good. What it throws is logged once, and it is called again until it succeeds. */
  readonly handle: (message: RawMessage) => Promise<void>;
  /** Default: those of @plinth/contracts. Of these the consumer creates its own. */
  readonly topics?: readonly TopicDefinition[];
  /** Waits between the tries of one message. */
  readonly retry?: BackoffOptions;
}

const defaultRetry: BackoffOptions = { baseMs: 200, capMs: 2000 };

/**
 * Reads a topic's messages byte for byte, for who must keep what nobody can read.
 *
 * Guarantee: at least once and in order within a partition; an offset is committed after its message
 * was taken in. A message that cannot be taken in holds its partition: there is nowhere to put it aside.
 */
export class RawConsumer {
  /** Of these it counts what was handled and which tries failed. */
  readonly counters: ConsumerCounters = newCounters();
  private readonly consumer: GroupConsumer;

  constructor(private readonly options: RawConsumerOptions) {
    const { kafka, groupId, topic, logger, topics = declaredTopics } = options;
    const neededTopics = topics.filter(({ name }) => name === topic);
    this.consumer = new GroupConsumer({ kafka, groupId, logger, neededTopics, topics: [topic], concurrency: 1, handle: (...args) => this.takeInAll(...args) });
  }

  /** Whether the group has been joined and no failure has been seen since. */
  get connected(): boolean {
    return this.consumer.connected;
  }

  /** Starts consuming in the background: an absent broker delays no start. */
  start(): void {
    this.consumer.start();
  }

  /** Finishes the message in hand, commits its offset and leaves the group. */
  async close(): Promise<void> {
    await this.consumer.close();
  }

  private async *takeInAll(source: MessageSource, messages: readonly KafkaMessage[], signal: AbortSignal): AsyncGenerator<KafkaMessage, void> {
    for (const message of messages) {
      if (!(await this.takeIn(source, message, signal))) return;
      yield message;
    }
  }

  /** @returns false when the signal came before the message was taken in */
  private async takeIn({ topic, partition }: MessageSource, { offset, timestamp, key, value, headers }: KafkaMessage, signal: AbortSignal): Promise<boolean> {
    const { logger, groupId, handle, retry = defaultRetry } = this.options;
    const message: RawMessage = { topic, partition, offset, timestamp: new Date(Number(timestamp)), key, value, headers: listHeaders(headers ?? {}) };
    const place = { group: groupId, topic, partition, offset };
    for (let failures = 0; !signal.aborted; ) {
      try {
        await handle(message);
        this.counters.handled += 1;
        if (failures > 0) logger.info('message taken in after all', place);
        return true;
      } catch (error) {
        failures += 1;
        this.counters.failedAttempts += 1;
        if (failures === 1) logger.error('message cannot be taken in, its partition waits', { ...place, error });
        await delay(backoffDelayMs(failures, retry), undefined, { signal }).catch(() => undefined);
      }
    }
    return false;
  }
}

function listHeaders(headers: IHeaders): RawHeader[] {
  return Object.entries(headers).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) => ({ name, value: value === undefined || value === null ? null : Buffer.from(value) })),
  );
}
