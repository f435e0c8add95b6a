import { setTimeout as delay } from 'node:timers/promises';
import type { TopicDefinition } from '@plinth/contracts';
import { backoffDelayMs } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { Heartbeats } from './heartbeats.js';
import type { KafkaClient } from './kafka-client.js';
import { kafkaErrorCode } from './kafka-errors.js';
import { ensureTopics } from './topics.js';

/** The topic and partition that a message was read from. */
export interface MessageSource {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Sees messages of one partition through, in their order. The signal ends its waits: the consumer stops,
 * or the partition may be someone else's.
 *
 * @returns a message whenever it and all before it are done; what was not yielded is read again
 */
export type HandleMessages = (source: MessageSource, messages: readonly KafkaMessage[], signal: AbortSignal) => AsyncIterable<KafkaMessage>;

/** What a member of a group reads, and who sees it through. */
export interface GroupConsumerOptions {
  readonly kafka: KafkaClient;
  readonly groupId: string;
  /** What is subscribed, from the earliest message on where the group is new. */
  readonly topics: readonly string[];
  /** What is created before the group is joined, where it is missing. */
  readonly neededTopics: readonly TopicDefinition[];
  readonly logger: Logger;
  /** Partitions handled at the same time, from 1. */
  readonly concurrency: number;
  readonly handle: HandleMessages;
}

// After a kill -9 the successor waits this long; brokers refuse less than 6 s by default.
const sessionTimeoutMs = 6000;
const heartbeatIntervalMs = 1500;
// Longest a broker sits on an empty fetch; it bounds a clean stop, and not the latency of an event.
const maxWaitMs = 100;
const commitIntervalMs = 1000;
// kafkajs fetches again when what it fetched of all partitions is done: longer than this, one that is slow would hold up the others.
const turnMs = 1000;
const reconnectBackoff = { baseMs: 200, capMs: 2000 };

/**
 * A member of a consumer group that outlives an absent broker, at the start and later. Messages of a
 * partition are handled in order; a message's offset is committed after it is done. Partitions take turns: what one
 * does not get done in a second is fetched again, behind the others.
 */
export class GroupConsumer {
  private readonly stopping = new AbortController();
  private supervision: Promise<void> = Promise.resolve();
  private joined = false;

  constructor(private readonly options: GroupConsumerOptions) {}

  /** Whether the group has been joined and no failure has been seen since. */
  get connected(): boolean {
    return this.joined;
  }

  /** Begins in the background. To be called once. */
  start(): void {
    this.supervision = this.supervise();
  }

  /** Finishes the messages in hand, commits their offsets and leaves the group. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.supervision;
  }

  /** One consumer after the other, until `close`: kafkajs ends a consumer for good when its retries are used up. */
  private async supervise(): Promise<void> {
    const { logger, groupId } = this.options;
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      try {
        await this.consume(() => {
          if (failures > 0) logger.info('consumer joined its group again', { group: groupId });
          failures = 0;
        });
      } catch (error) {
        failures += 1;
        // One line an outage; its end is logged when the group is joined.
        if (failures === 1) logger.error('consumer lost its broker', { group: groupId, code: kafkaErrorCode(error), error });
        await delay(backoffDelayMs(failures, reconnectBackoff), undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  /** The life of one kafkajs consumer: until `close` (returns) or until it crashes (throws). */
  private async consume(onJoined: () => void): Promise<void> {
    const { kafka, groupId, topics, neededTopics, concurrency } = this.options;
    await ensureTopics(kafka, neededTopics);
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      maxWaitTimeInMs: maxWaitMs,
      allowAutoTopicCreation: false,
      // A crash is answered by a new consumer, here, so that each outage takes the same path.
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 3, restartOnFailure: () => Promise.resolve(false) },
    });
    const ended = Promise.withResolvers<void>();
    // A crash before anyone awaits it must not count as unhandled.
    ended.promise.catch(() => undefined);
    const onStop = () => ended.resolve();
    this.stopping.signal.addEventListener('abort', onStop);
    if (this.stopping.signal.aborted) onStop();
    consumer.on(consumer.events.CRASH, ({ payload }) => ended.reject(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.joined = true;
      onJoined();
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({
        eachBatchAutoResolve: false,
        autoCommitInterval: commitIntervalMs,
        partitionsConsumedConcurrently: concurrency,
        eachBatch: (payload) => this.handleBatch(payload),
      });
      await ended.promise;
    } finally {
      this.stopping.signal.removeEventListener('abort', onStop);
      this.joined = false;
      await consumer.disconnect().catch(() => undefined);
    }
  }

  private async handleBatch(payload: EachBatchPayload): Promise<void> {
    using heartbeats = new Heartbeats(() => payload.heartbeat(), heartbeatIntervalMs);
    const interrupted = AbortSignal.any([this.stopping.signal, heartbeats.lost]);
    const endOfTurn = performance.now() + turnMs;
    const mayGoOn = () => payload.isRunning() && !payload.isStale() && performance.now() < endOfTurn;
    const { messages } = payload.batch;
    for await (const { offset } of this.options.handle(payload.batch, mayGoOn() ? messages : [], interrupted)) {
      payload.resolveOffset(offset);
      await payload.commitOffsetsIfNecessary();
      if (!mayGoOn()) break;
    }
    heartbeats.throwIfLost();
  }
}
