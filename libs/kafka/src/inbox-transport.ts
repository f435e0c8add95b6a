import { setTimeout as delay } from 'node:timers/promises';
import { deadLetterTopic, registeredEvents, topics as declaredTopics, type EventSchemas, type TopicDefinition } from '@plinth/contracts';
import type { Transactor } from '@plinth/database';
import { backoffDelayMs } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { EachBatchPayload } from 'kafkajs';
import { isObservable, lastValueFrom } from 'rxjs';
import { newCounters, type ConsumerCounters } from './consumer-counters.js';
import { EventProducer } from './event-producer.js';
import { Heartbeats } from './heartbeats.js';
import type { KafkaClient } from './kafka-client.js';
import { kafkaErrorCode } from './kafka-errors.js';
import { defaultRetryPolicy, MessageProcessor, type EventHandler, type RetryPolicy } from './message-processor.js';
import { EVENTS } from './on-event.js';
import { ensureTopics } from './topics.js';

export interface InboxTransportOptions {
  readonly kafka: KafkaClient;
  /** The consumer group: one per service and purpose. Renaming it handles every retained event anew. */
  readonly groupId: string;
  /** The schema whose `inbox` table is used. */
  readonly schema: string;
  /** Its `run` begins each handler's transaction; an object that leads to `runSystem` is one too. */
  readonly transactor: Pick<Transactor, 'run'>;
  readonly logger: Logger;
  /** Default: all of @plinth/contracts. */
  readonly events?: EventSchemas;
  readonly topics?: readonly TopicDefinition[];
  readonly retry?: RetryPolicy;
  /** Partitions handled at the same time, from 1; each takes one database connection. */
  readonly concurrency?: number;
}

// After a kill -9 the successor waits this long; brokers refuse less than 6 s by default.
const sessionTimeoutMs = 6000;
const heartbeatIntervalMs = 1500;
// Longest a broker sits on an empty fetch; it bounds a clean stop, and not the latency of an event.
const maxWaitMs = 100;
const commitIntervalMs = 1000;
const reconnectBackoff = { baseMs: 200, capMs: 2000 };

/**
 * Nest transport for events: a Kafka consumer group whose handlers run in one transaction with their
 * inbox row, and whose offsets are committed after it.
 *
 * Guarantees: every event's effect happens once (per group); order within a partition; an event that
 * cannot be handled becomes a dead letter, and the partition moves on. The process outlives an absent
 * broker, at the start and later. Several replicas share the partitions.
 */
export class InboxTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = EVENTS;
  /** Errors end in this transport's log and in the dead letter; a second report would come from Nest. */
  override readonly propagatesEventHandlerErrors = true;
  readonly counters: ConsumerCounters = newCounters();

  private readonly stopping = new AbortController();
  private readonly producer: EventProducer;
  private readonly schemas: EventSchemas;
  private supervision: Promise<void> = Promise.resolve();
  private joined = false;

  constructor(private readonly options: InboxTransportOptions) {
    super();
    this.schemas = options.events ?? registeredEvents;
    this.producer = new EventProducer({ kafka: options.kafka, logger: options.logger });
  }

  /** Whether the group has been joined and no failure has been seen since. */
  get connected(): boolean {
    return this.joined;
  }

  /** Two handlers of one event would share a transaction and an inbox row; a second one is a mistake. */
  override addHandler(pattern: string, callback: MessageHandler, isEventHandler = false, extras: Record<string, unknown> = {}): void {
    if (this.messageHandlers.has(pattern)) throw new Error(`event ${pattern} has two handlers in group ${this.options.groupId}`);
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  /** Starts consuming in the background and returns at once: an absent broker delays no start. */
  listen(callback: (error?: unknown) => unknown): void {
    const topics = this.subscribedTopics();
    if (topics.length > 0) this.supervision = this.supervise(topics);
    callback();
  }

  /** Finishes the messages in hand, commits their offsets and leaves the group. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.supervision;
    await this.producer.close();
  }

  on(): never {
    throw new Error('InboxTransport emits no events; read its counters and log');
  }

  unwrap<T>(): T {
    return this.options.kafka as T;
  }

  /** @throws Error where a handler names an event version that is not registered */
  private subscribedTopics(): string[] {
    const topics = [...this.messageHandlers.keys()].map((name) => {
      const split = name.lastIndexOf('.v');
      const definition = this.schemas.find(name.slice(0, split), Number(name.slice(split + 2)));
      if (definition === undefined) throw new Error(`handler for ${name}, which is not registered in @plinth/contracts`);
      return definition.topic;
    });
    return [...new Set(topics)];
  }

  /** One consumer after the other, until `close`: kafkajs ends a consumer for good when its retries are used up. */
  private async supervise(topics: readonly string[]): Promise<void> {
    const { logger, groupId } = this.options;
    const processor = this.createProcessor();
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      try {
        await this.consume(topics, processor, () => {
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
  private async consume(topics: readonly string[], processor: MessageProcessor, onJoined: () => void): Promise<void> {
    const { kafka, groupId, concurrency = 3 } = this.options;
    await this.ensureTopics(topics);
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
        eachBatch: (payload) => this.handleBatch(payload, processor),
      });
      await ended.promise;
    } finally {
      this.stopping.signal.removeEventListener('abort', onStop);
      this.joined = false;
      await consumer.disconnect().catch(() => undefined);
    }
  }

  private async handleBatch(payload: EachBatchPayload, processor: MessageProcessor): Promise<void> {
    using heartbeats = new Heartbeats(() => payload.heartbeat(), heartbeatIntervalMs);
    const interrupted = AbortSignal.any([this.stopping.signal, heartbeats.lost]);
    for (const message of payload.batch.messages) {
      if (!payload.isRunning() || payload.isStale() || interrupted.aborted) break;
      if (!(await processor.process(payload.batch, message, interrupted))) break;
      payload.resolveOffset(message.offset);
      await payload.commitOffsetsIfNecessary();
    }
    heartbeats.throwIfLost();
  }

  private async ensureTopics(subscribed: readonly string[]): Promise<void> {
    const needed = new Set([...subscribed, deadLetterTopic]);
    await ensureTopics(
      this.options.kafka,
      (this.options.topics ?? declaredTopics).filter((topic) => needed.has(topic.name)),
    );
  }

  private createProcessor(): MessageProcessor {
    const { groupId, schema, transactor, logger, retry = defaultRetryPolicy } = this.options;
    return new MessageProcessor({
      group: groupId,
      schema,
      transactor,
      logger,
      retry,
      producer: this.producer,
      counters: this.counters,
      schemas: this.schemas,
      handlers: new Map([...this.messageHandlers].map(([name, handler]) => [name, toEventHandler(handler)])),
    });
  }
}

/** Nest's handler answers a promise of a value or of an observable: done is when that has completed. */
function toEventHandler(handler: MessageHandler): EventHandler {
  return async (event, tx) => {
    const result: unknown = await handler(event, tx);
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  };
}
