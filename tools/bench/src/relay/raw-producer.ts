import { TenantUpdatedV1 } from '@plinth/contracts';
import { encodeEvent, type KafkaClient } from '@plinth/kafka';
import { newId } from '@plinth/kernel';
import { secondsSince } from '../seconds-since.ts';
import { payloadOf } from './sample-events.ts';

const rawBatch = 1000;

/** What the same messages cost without a database: kafkajs alone, as idempotent and acknowledged as the relay's. */
export async function rawProducerRate(kafka: KafkaClient, count: number): Promise<number> {
  const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const start = performance.now();
    for (let sent = 0; sent < count; sent += rawBatch) {
      const messages = Array.from({ length: rawBatch }, () => messageOf());
      await producer.sendBatch({ acks: -1, topicMessages: [{ topic: TenantUpdatedV1.topic, messages }] });
    }
    return count / secondsSince(start);
  } finally {
    await producer.disconnect();
  }
}

function messageOf() {
  const id = newId();
  const { type, version, aggregateType } = TenantUpdatedV1;
  const envelope = { id: newId(), source: 'plinth/bench', type, version, aggregateType, aggregateId: id, time: new Date(), tenantId: id, sequence: null, traceparent: null };
  return encodeEvent(envelope, JSON.stringify(payloadOf(id)));
}
