import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';

/** A message of the suite as it lies in Kafka. */
export interface LoggedEvent {
  readonly topic: string;
  /** `ce_id`; empty where the message has none. */
  readonly id: string;
  /** `ce_source`. */
  readonly source: string;
  /** `ce_time`. */
  readonly time: string;
  readonly type: string;
  readonly tenantId: string;
  /** Number of the event in its aggregate; null for a log that numbers on arrival. */
  readonly sequence: number | null;
  readonly value: string;
}

/** Reads topics from their beginning to the ends that they have now, in the order of each partition. */
export async function readTopics(brokers: readonly string[], topics: readonly string[], timeoutMs = 30_000): Promise<readonly LoggedEvent[]> {
  const kafka = new kafkajs.Kafka({ clientId: 'plinth-topic-log', brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const groupId = `plinth-topic-log-${randomUUID()}`;
  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  const complete = Promise.withResolvers<void>();
  const timer = setTimeout(() => complete.reject(new Error(`${topics.join(', ')} could not be read within ${timeoutMs / 1000} s`)), timeoutMs);
  const events: LoggedEvent[] = [];
  try {
    await Promise.all([admin.connect(), consumer.connect()]);
    const unread = await endsOf(admin, topics);
    if (unread.size === 0) return events;
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch }) => {
        const place = `${batch.topic} ${batch.partition}`;
        events.push(...batch.messages.map((message) => eventOf(batch.topic, message)));
        if (BigInt(batch.lastOffset()) + 1n >= (unread.get(place) ?? 0n)) unread.delete(place);
        if (unread.size === 0) complete.resolve();
      },
    });
    await complete.promise;
    return events;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
}

/** The end offset of each partition that holds something. */
async function endsOf(admin: kafkajs.Admin, topics: readonly string[]): Promise<Map<string, bigint>> {
  const ends = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) > BigInt(low)) ends.set(`${topic} ${partition}`, BigInt(high));
    }
  }
  return ends;
}

function eventOf(topic: string, message: kafkajs.KafkaMessage): LoggedEvent {
  const header = (name: string) => message.headers?.[name]?.toString() ?? '';
  const sequence = header('ce_sequence');
  return {
    topic,
    id: header('ce_id'),
    source: header('ce_source'),
    time: header('ce_time'),
    type: header('ce_type'),
    tenantId: header('ce_tenantid'),
    sequence: sequence === '' ? null : Number(sequence),
    value: message.value?.toString() ?? '',
  };
}
