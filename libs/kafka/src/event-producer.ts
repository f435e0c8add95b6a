import type { Logger } from '@plinth/logging';
import type { Tracing } from '@plinth/telemetry';
import type { IHeaders, Producer, TopicMessages } from 'kafkajs';
import type { KafkaClient } from './kafka-client.js';
import { kafkaErrorCode, kafkaFaultOf } from './kafka-errors.js';
import { PublishSpans } from './publish-spans.js';

/** A record as it will be written. Its topic and key say with which others it stays in order. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers: IHeaders;
}

/**
 * What became of one message:
 * - `acknowledged`: every in-sync replica has it.
 * - `refused`: the broker never takes this record; `code` says why. Trying again changes nothing but costs nothing either.
 * - `held`: not sent, because an earlier message of the same topic and key was not acknowledged, or the caller said stop.
 * - `unavailable`: the broker or the topic cannot be written now. It may have been written all the same.
 */
export type PublishOutcome =
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'refused' | 'unavailable'; readonly code: string }
  | { readonly kind: 'held' };

/** For whom it publishes, and how much in one request. */
export interface EventProducerOptions {
  readonly kafka: KafkaClient;
  readonly logger: Logger;
  /** Upper bound of one request's keys, values and headers, in bytes; brokers refuse batches above 1 MiB a partition. */
  readonly maxRequestBytes?: number;
  /** Where publications are recorded, and told to whoever handles the event; without it messages go out as they are. */
  readonly tracing?: Tracing | undefined;
}

// Frames, offsets and lengths around a record; generous, since the bound is well below the broker's.
const recordOverheadBytes = 100;

/**
 * Publishes in order, idempotently (acks from all in-sync replicas), and says for each message what
 * became of it instead of throwing: one refused record must not hide that the rest was written.
 *
 * Guarantee: messages of one topic and key reach the log in the order given, none after one that was
 * not acknowledged. A message whose outcome is `unavailable` may be in the log: who sends it again
 * sends a duplicate. Calls are served one after the other.
 */
export class EventProducer {
  private readonly maxRequestBytes: number;
  private current: Promise<Producer> | undefined;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: EventProducerOptions) {
    this.maxRequestBytes = options.maxRequestBytes ?? 512 * 1024;
  }

  /**
   * One outcome per message, in the order given. Never rejects; connects on first use and after failures.
   *
   * @param mayBegin asked before each request; once it says no, the rest is `held`
   */
  async publish(messages: readonly OutgoingMessage[], mayBegin: () => boolean = () => true): Promise<PublishOutcome[]> {
    // kafkajs numbers the records of concurrent requests wrongly once one of them fails, so they queue here.
    const result = this.queue.then(() => this.publishTraced(messages, mayBegin));
    this.queue = result.catch(() => undefined);
    return result;
  }

  /** Waits for the calls in flight, then disconnects. */
  async close(): Promise<void> {
    await this.queue;
    await this.dropProducer();
  }

  private async publishTraced(messages: readonly OutgoingMessage[], mayBegin: () => boolean): Promise<PublishOutcome[]> {
    if (this.options.tracing === undefined) return await this.publishInOrder(messages, mayBegin);
    const spans = new PublishSpans(this.options.tracing);
    const traced = spans.begin(messages);
    const outcomes = await this.publishInOrder(traced, mayBegin);
    spans.end(traced, outcomes);
    return outcomes;
  }

  private async publishInOrder(messages: readonly OutgoingMessage[], mayBegin: () => boolean): Promise<PublishOutcome[]> {
    const outcomes = new Array<PublishOutcome>(messages.length).fill({ kind: 'held' });
    const run: PublishRun = { messages, mayBegin, outcomes, blockedKeys: new Set(), blockedTopics: new Map(), brokerCode: undefined };
    for (const chunk of this.chunksOf(messages)) await this.sendChunk(run, chunk);
    return outcomes;
  }

  /**
   * Sends the messages at these positions with one request. Where the broker refuses, the chunk is
   * halved until the record at fault stands alone; where a topic is at fault, its messages are left out.
   */
  private async sendChunk(run: PublishRun, positions: readonly number[]): Promise<void> {
    const sendable = positions.filter((position) => this.isSendable(run, position));
    if (sendable.length === 0 || !run.mayBegin()) return;
    const failure = await this.sendRequest(sendable.map((position) => run.messages[position]!));
    if (failure === undefined) {
      for (const position of sendable) run.outcomes[position] = { kind: 'acknowledged' };
      return;
    }
    const code = kafkaErrorCode(failure);
    const topics = new Set(sendable.map((position) => run.messages[position]!.topic));
    switch (kafkaFaultOf(failure)) {
      case 'broker':
        run.brokerCode = code;
        for (const position of sendable) run.outcomes[position] = { kind: 'unavailable', code };
        return;
      case 'topic':
        if (topics.size === 1) {
          for (const topic of topics) run.blockedTopics.set(topic, code);
          for (const position of sendable) run.outcomes[position] = { kind: 'unavailable', code };
          return;
        }
        for (const topic of topics) await this.sendChunk(run, sendable.filter((position) => run.messages[position]!.topic === topic));
        return;
      case 'record':
        if (sendable.length === 1) {
          const position = sendable[0]!;
          run.outcomes[position] = { kind: 'refused', code };
          run.blockedKeys.add(keyOf(run.messages[position]!));
          return;
        }
        await this.sendChunk(run, sendable.slice(0, Math.ceil(sendable.length / 2)));
        await this.sendChunk(run, sendable.slice(Math.ceil(sendable.length / 2)));
    }
  }

  private isSendable(run: PublishRun, position: number): boolean {
    const message = run.messages[position]!;
    const code = run.brokerCode ?? run.blockedTopics.get(message.topic);
    if (code !== undefined) run.outcomes[position] = { kind: 'unavailable', code };
    return code === undefined && !run.blockedKeys.has(keyOf(message));
  }

  /** The error of the request, or undefined when all of it was acknowledged. */
  private async sendRequest(messages: readonly OutgoingMessage[]): Promise<unknown> {
    try {
      const producer = await this.connected();
      await producer.sendBatch({ acks: -1, topicMessages: byTopic(messages) });
      return undefined;
    } catch (error) {
      // The broker may have appended what it did not confirm. A producer that went on would re-use those
      // sequence numbers, and other records would be dropped as duplicates; a new one starts afresh.
      await this.dropProducer();
      return error ?? new Error('publish failed');
    }
  }

  private connected(): Promise<Producer> {
    this.current ??= this.connect();
    return this.current;
  }

  private async connect(): Promise<Producer> {
    // kafkajs warns of bounded retries, because of the sequence numbers; `sendRequest` takes care of them.
    const producer = this.options.kafka.producer({ idempotent: true, allowAutoTopicCreation: false, retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 } });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  private async dropProducer(): Promise<void> {
    const dropped = this.current;
    this.current = undefined;
    try {
      await (await dropped)?.disconnect();
    } catch (error) {
      this.options.logger.debug('producer did not disconnect cleanly', { code: kafkaErrorCode(error) });
    }
  }

  private *chunksOf(messages: readonly OutgoingMessage[]): Generator<number[]> {
    let chunk: number[] = [];
    let bytes = 0;
    for (const [position, message] of messages.entries()) {
      const size = sizeOf(message);
      if (chunk.length > 0 && bytes + size > this.maxRequestBytes) {
        yield chunk;
        chunk = [];
        bytes = 0;
      }
      chunk.push(position);
      bytes += size;
    }
    if (chunk.length > 0) yield chunk;
  }
}

/** The state of one `publish` call. */
interface PublishRun {
  readonly messages: readonly OutgoingMessage[];
  readonly mayBegin: () => boolean;
  readonly outcomes: PublishOutcome[];
  readonly blockedKeys: Set<string>;
  readonly blockedTopics: Map<string, string>;
  /** Set once the broker has failed: the rest of the call is not tried. */
  brokerCode: string | undefined;
}

function keyOf(message: OutgoingMessage): string {
  return `${message.topic}/${message.key === null ? '' : message.key.toString()}`;
}

function byTopic(messages: readonly OutgoingMessage[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages>();
  for (const { topic, key, value, headers } of messages) {
    const entry = topics.get(topic) ?? { topic, messages: [] };
    entry.messages.push({ key, value, headers });
    topics.set(topic, entry);
  }
  return [...topics.values()];
}

function sizeOf(message: OutgoingMessage): number {
  let size = recordOverheadBytes + lengthOf(message.key) + lengthOf(message.value);
  for (const [name, value] of Object.entries(message.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) size += name.length + lengthOf(one ?? null);
  }
  return size;
}

function lengthOf(part: string | Buffer | null): number {
  return part === null ? 0 : typeof part === 'string' ? Buffer.byteLength(part) : part.length;
}
