import { randomBytes } from 'node:crypto';
import { createServer, connect, type Server, type Socket } from 'node:net';
import type { TopicDefinition } from '@plinth/contracts';
import { Logger } from '@plinth/logging';
import type { KafkaMessage } from 'kafkajs';
import { createKafka, type KafkaClient } from './kafka-client.js';
import { ensureTopics } from './topics.js';

export const silentLogger = Logger.create({ service: 'test', level: 'silent', format: 'json' });

/** A name of its own for a topic or group of one test. */
export function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(5).toString('hex')}`;
}

export function testKafka(brokers: readonly string[]): KafkaClient {
  return createKafka({ brokers, clientId: 'plinth-test', logger: silentLogger });
}

export async function createTestTopic(kafka: KafkaClient, name: string, partitions = 1): Promise<TopicDefinition> {
  const topic = { name, partitions, retentionMs: 3_600_000 };
  await ensureTopics(kafka, [topic]);
  return topic;
}

/** A client whose consumers are counted: their joins of a group, the rebalances that they were told of, their heartbeats and fetches. */
export function watchedKafka(kafka: KafkaClient) {
  const seen = { joins: 0, rebalances: 0, heartbeats: 0, fetches: 0 };
  const client = Object.create(kafka) as KafkaClient;
  client.consumer = (config) => {
    const consumer = kafka.consumer(config);
    consumer.on(consumer.events.GROUP_JOIN, () => (seen.joins += 1));
    consumer.on(consumer.events.REBALANCING, () => (seen.rebalances += 1));
    consumer.on(consumer.events.HEARTBEAT, () => (seen.heartbeats += 1));
    consumer.on(consumer.events.FETCH_START, () => (seen.fetches += 1));
    return consumer;
  };
  return { client, seen: seen as Readonly<typeof seen> };
}

/** All messages that a topic holds now, in order within each partition. */
export async function readTopic(kafka: KafkaClient, topic: string): Promise<(KafkaMessage & { readonly partition: number })[]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect());
  const missing = new Map(ends.filter(({ low, high }) => high !== low).map(({ partition, high }) => [partition, Number(high) - 1]));
  const messages: (KafkaMessage & { readonly partition: number })[] = [];
  if (missing.size === 0) return messages;
  const consumer = kafka.consumer({ groupId: uniqueName('reader'), maxWaitTimeInMs: 50 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachMessage = async ({ partition, message }: { partition: number; message: KafkaMessage }) => {
        messages.push({ ...message, partition });
        if (Number(message.offset) >= (missing.get(partition) ?? Infinity)) missing.delete(partition);
        if (missing.size === 0) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return messages;
}

/** A door in front of a server, which tests shut and open: connections end, and new ones are refused. */
export class Door {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private ownPort = 0;

  constructor(private readonly target: { readonly host: string; readonly port: number }) {}

  /** `host:port` of this side; the same at every opening. */
  get address(): string {
    return `127.0.0.1:${this.ownPort}`;
  }

  async open(): Promise<void> {
    const server = createServer((inside) => {
      const outside = connect(this.target);
      for (const [one, other] of [[inside, outside], [outside, inside]] as const) {
        this.sockets.add(one);
        one.on('error', () => undefined).on('close', () => {
          this.sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve) => server.listen(this.ownPort, '127.0.0.1', resolve));
    this.ownPort = (server.address() as { port: number }).port;
    this.server = server;
  }

  async shut(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

/** An open door to a server. A Kafka client that comes in by it goes on to the address that the broker gives. */
export async function openDoor(address: string, defaultPort = ''): Promise<Door> {
  const { hostname, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
  const door = new Door({ host: hostname, port: Number(port || defaultPort) });
  await door.open();
  return door;
}
