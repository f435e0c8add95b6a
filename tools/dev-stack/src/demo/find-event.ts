import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { UserError } from '../output.ts';

export interface FoundEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

const timeoutMs = 10_000;

/** Reads a topic from its beginning until it holds the event with this CloudEvents id. @throws UserError after 10 s */
export async function findEvent(brokers: readonly string[], topic: string, eventId: string): Promise<FoundEvent> {
  const kafka = new kafkajs.Kafka({ clientId: 'plinth-demo', brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `plinth-demo-${randomUUID()}`, maxWaitTimeInMs: 100 });
  const found = Promise.withResolvers<FoundEvent>();
  found.promise.catch(() => undefined); // the time may be over before anyone waits for it
  const timer = setTimeout(() => found.reject(new UserError(`${topic} has no event ${eventId} after ${timeoutMs / 1000} s: make logs s=outbox-relay`)), timeoutMs);
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
        if (headers['ce_id'] !== eventId) return;
        found.resolve({ topic, partition, offset: message.offset, key: String(message.key), headers, value: String(message.value) });
      },
    });
    return await found.promise;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}
