import { newId } from '@plinth/kernel';
import { testKafkaBrokers } from '@plinth/testing';
import { EventProducer, type OutgoingMessage } from './event-producer.js';
import type { KafkaClient } from './kafka-client.js';
import { createTestTopic, openDoor, readTopic, silentLogger, testKafka, uniqueName } from './testing.js';

function message(topic: string, key: string, value: string | Buffer): OutgoingMessage {
  return { topic, key, value, headers: { ce_id: newId() } };
}

function valuesOf(messages: readonly { readonly value: Buffer | null }[]): string[] {
  return messages.map(({ value }) => (value?.length ?? 0) > 100 ? 'large' : String(value));
}

describe('EventProducer', () => {
  let kafka: KafkaClient;
  let producer: EventProducer;
  let topic: string;

  beforeEach(async () => {
    kafka = testKafka(testKafkaBrokers());
    producer = new EventProducer({ kafka, logger: silentLogger });
    topic = uniqueName('producer');
    await createTestTopic(kafka, topic);
  });
  afterEach(() => producer.close());

  it('writes a batch larger than one request in the order given', async () => {
    const small = new EventProducer({ kafka, logger: silentLogger, maxRequestBytes: 2000 });
    const values = Array.from({ length: 200 }, (_, n) => String(n));
    const outcomes = await small.publish(values.map((value) => message(topic, 'k', value)));
    await small.close();
    expect(new Set(outcomes.map((outcome) => outcome.kind))).toEqual(new Set(['acknowledged']));
    expect(valuesOf(await readTopic(kafka, topic))).toEqual(values);
  });

  it('refuses the one record that the broker refuses, holds what follows it under its key, and writes the rest', async () => {
    const tooLarge = Buffer.alloc(2 * 1024 * 1024, 120);
    const batch = [message(topic, 'a', 'a1'), message(topic, 'b', 'b1'), message(topic, 'a', tooLarge), message(topic, 'a', 'a3'), message(topic, 'b', 'b2')];
    const wide = new EventProducer({ kafka, logger: silentLogger, maxRequestBytes: 8 * 1024 * 1024 });
    const outcomes = await wide.publish(batch);
    await wide.close();
    expect(outcomes).toEqual([
      { kind: 'acknowledged' },
      { kind: 'acknowledged' },
      { kind: 'refused', code: 'MESSAGE_TOO_LARGE' },
      { kind: 'held' },
      { kind: 'acknowledged' },
    ]);
    expect(valuesOf(await readTopic(kafka, topic))).toEqual(['a1', 'b1', 'b2']);
  });

  it('writes other topics where one is missing', async () => {
    const missing = uniqueName('missing');
    const outcomes = await producer.publish([message(missing, 'a', '1'), message(topic, 'a', '2'), message(missing, 'b', '3')]);
    expect(outcomes).toEqual([
      { kind: 'unavailable', code: 'UNKNOWN_TOPIC_OR_PARTITION' },
      { kind: 'acknowledged' },
      { kind: 'unavailable', code: 'UNKNOWN_TOPIC_OR_PARTITION' },
    ]);
    expect(valuesOf(await readTopic(kafka, topic))).toEqual(['2']);
  });

  it('tells that the broker is away, and writes once it is back', async () => {
    const door = await openDoor(testKafkaBrokers()[0] ?? '');
    await door.shut();
    const patient = new EventProducer({ kafka: testKafka([door.address]), logger: silentLogger });
    const batch = [message(topic, 'a', '1'), message(topic, 'a', '2')];
    const refused = { kind: 'unavailable', code: 'ECONNREFUSED' };
    expect(await patient.publish(batch)).toEqual([refused, refused]);
    await door.open();
    expect(await patient.publish(batch)).toEqual([{ kind: 'acknowledged' }, { kind: 'acknowledged' }]);
    await patient.close();
    await door.shut();
    expect(valuesOf(await readTopic(kafka, topic))).toEqual(['1', '2']);
  });

  it('serves concurrent calls one after the other', async () => {
    const calls = Array.from({ length: 20 }, (_, call) => producer.publish([message(topic, 'k', `${call}a`), message(topic, 'k', `${call}b`)]));
    await Promise.all(calls);
    const values = valuesOf(await readTopic(kafka, topic));
    expect(values).toEqual(Array.from({ length: 20 }, (_, call) => [`${call}a`, `${call}b`]).flat());
  });
});
