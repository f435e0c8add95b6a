import { deadLetterTopic, redriveTopicOf, registeredEvents, topics as declaredTopics, type EventSchemas, type TopicDefinition } from '@plinth/contracts';
import type { Transactor } from '@plinth/database';
import type { Logger } from '@plinth/logging';
import type { Metrics, Tracing } from '@plinth/telemetry';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { newCounters, type ConsumerCounters } from './consumer-counters.js';
import { EventProducer } from './event-producer.js';
import { GroupConsumer } from './group-consumer.js';
import type { KafkaClient } from './kafka-client.js';
import { defaultRetryPolicy, MessageProcessor, type RetryPolicy } from './message-processor.js';
import type { EventHandler } from './message-router.js';
import { consumerMetrics } from './metrics.js';
import { EVENTS, stateOf, takesBatches } from './on-event.js';

/** Which group consumes, where its effects are committed, and how patiently it tries. */
export interface InboxTransportOptions {
  readonly kafka: KafkaClient;
  /** The consumer group: one per service and purpose. Renaming it handles every retained event anew. */
  readonly groupId: string;
  /** The schema whose `inbox` table is used. */
  readonly schema: string;
  /** Its `run` begins each handler's transaction; an object that leads to `runSystem` is one too, and what batches need. */
  readonly transactor: Pick<Transactor, 'run'>;
  readonly logger: Logger;
  /** Default: all of @plinth/contracts. */
  readonly events?: EventSchemas;
  readonly topics?: readonly TopicDefinition[];
  readonly retry?: RetryPolicy;
  /** Partitions handled at the same time, from 1; each takes one database connection. */
  readonly concurrency?: number;
  /** Where the handling of events that belong to a trace is recorded. */
  readonly tracing?: Tracing;
  /** Where the tries of handlers are timed; what was counted is shown by `ConsumerMetrics`. */
  readonly metrics?: Metrics;
}

/**
 * Nest transport for events: a Kafka consumer group whose handlers run in one transaction with their
 * inbox rows, and whose offsets are committed after it.
 *
 * Guarantees: every event's effect happens once (per group); order within a partition; an event that
 * cannot be handled becomes a dead letter, and the partition moves on; sent again through the group's
 * redrive topic it is handled as if it came from where it first was. The process outlives an absent
 * broker, at the start and later. Several replicas share the partitions.
 */
export class InboxTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = EVENTS;
  /** Errors end in this transport's log and in the dead letter; a second report would come from Nest. */
  override readonly propagatesEventHandlerErrors = true;
  readonly counters: ConsumerCounters = newCounters();

  private readonly producer: EventProducer;
  private readonly schemas: EventSchemas;
  private consumer: GroupConsumer | undefined;

  constructor(private readonly options: InboxTransportOptions) {
    super();
    this.schemas = options.events ?? registeredEvents;
    this.producer = new EventProducer({ kafka: options.kafka, logger: options.logger });
  }

  /** Whether the group has been joined and no failure has been seen since. */
  get connected(): boolean {
    return this.consumer?.connected ?? false;
  }

  /** Two handlers of one event would share a transaction and an inbox row; a second one is a mistake. */
  override addHandler(pattern: string, callback: MessageHandler, isEventHandler = false, extras: Record<string, unknown> = {}): void {
    if (this.messageHandlers.has(pattern)) throw new Error(`event ${pattern} has two handlers in group ${this.options.groupId}`);
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  /** Starts consuming in the background and returns at once: an absent broker delays no start. */
  listen(callback: (error?: unknown) => unknown): void {
    const topics = this.subscribedTopics();
    if (topics.length > 0) {
      this.consumer = this.createConsumer(topics);
      this.consumer.start();
    }
    callback();
  }

  /** Finishes the messages in hand, commits their offsets and leaves the group. */
  async close(): Promise<void> {
    await this.consumer?.close();
    await this.producer.close();
  }

  /** Part of Nest's interface. @throws Error always: nothing is emitted here */
  on(): never {
    throw new Error('InboxTransport emits no events; read its counters and log');
  }

  /** The `KafkaClient`. What the caller takes it for is not checked. */
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

  /** Of the handlers' topics, and of the group's own for what an operator sends again, where that one is declared. */
  private createConsumer(handled: readonly string[]): GroupConsumer {
    const { kafka, groupId, logger, concurrency = 3, topics: declared = declaredTopics } = this.options;
    const redriven = declared.filter(({ name }) => name === redriveTopicOf(groupId)).map(({ name }) => name);
    const topics = [...new Set([...handled, ...redriven])];
    const needed = new Set([...topics, deadLetterTopic]);
    const processor = this.createProcessor();
    return new GroupConsumer({
      ...{ kafka, groupId, topics, logger, concurrency },
      neededTopics: declared.filter(({ name }) => needed.has(name)),
      handle: (source, messages, signal) => processor.process(source, messages, signal),
    });
  }

  private createProcessor(): MessageProcessor {
    const { groupId, schema, transactor, logger, tracing, metrics, retry = defaultRetryPolicy } = this.options;
    return new MessageProcessor({
      group: groupId,
      schema,
      transactor,
      logger,
      retry,
      tracing,
      attempts: metrics?.of(consumerMetrics).attempts,
      producer: this.producer,
      counters: this.counters,
      schemas: this.schemas,
      handlers: new Map([...this.messageHandlers].map(([name, handler]) => [name, toEventHandler(handler)])),
    });
  }
}

/** Nest's handler answers a promise of a value or of an observable: done is when that has completed. */
function toEventHandler(handler: MessageHandler): EventHandler {
  const batches = takesBatches(handler.extras);
  return {
    takesBatches: batches,
    state: stateOf(handler.extras),
    async handle(events, tx) {
      const result: unknown = await handler(batches ? events : events[0], tx);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    },
  };
}
