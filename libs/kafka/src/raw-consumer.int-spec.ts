import { Logger } from '@plinth/logging';
import { eventually, testKafkaBrokers } from '@plinth/testing';
import { EventProducer, type OutgoingMessage } from './event-producer.js';
import { RawConsumer, type RawMessage } from './raw-consumer.js';
import { createTestTopic, openDoor, silentLogger, testKafka, uniqueName } from './testing.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setup() {
  const kafka = testKafka(testKafkaBrokers());
  const [topic, groupId] = [uniqueName('raw'), uniqueName('group')];
  await createTestTopic(kafka, topic);
  const producer = new EventProducer({ kafka, logger: silentLogger });
  cleanups.push(() => producer.close());
  const log: string[] = [];
  const logger = Logger.create({ service: 'test', level: 'info', format: 'json', destination: { write: (line) => void log.push((JSON.parse(line) as { msg: string }).msg) } });
  const taken: RawMessage[] = [];
  return {
    log,
    taken,
    texts: () => taken.map(({ value }) => String(value)),
    publish: (...messages: Partial<OutgoingMessage>[]) => producer.publish(messages.map((message) => ({ topic, key: null, value: null, headers: {}, ...message }))),
    start(handle: (message: RawMessage) => Promise<void> = async (message) => void taken.push(message), client = kafka) {
      const consumer = new RawConsumer({ ...{ kafka: client, groupId, topic, logger, handle }, retry: { baseMs: 5, capMs: 20 } });
      consumer.start();
      cleanups.push(() => consumer.close());
      return consumer;
    },
  };
}

describe('RawConsumer', () => {
  it('hands over bytes as they are', async () => {
    const { publish, start, taken } = await setup();
    await publish(
      { key: Buffer.from([0xff]), value: Buffer.from([0, 0xfe]), headers: { odd: Buffer.from([0x80]), twice: ['a', 'b'], empty: '' } },
      { key: null, value: null },
    );
    start();
    await eventually(() => expect(taken).toHaveLength(2));
    expect(taken[0]).toMatchObject({ partition: 0, offset: '0', key: Buffer.from([0xff]), value: Buffer.from([0, 0xfe]) });
    expect(taken[0]?.headers).toEqual([
      { name: 'odd', value: Buffer.from([0x80]) },
      { name: 'twice', value: Buffer.from('a') },
      { name: 'twice', value: Buffer.from('b') },
      { name: 'empty', value: Buffer.alloc(0) },
    ]);
    expect(taken[1]).toMatchObject({ offset: '1', key: null, value: null, headers: [] });
  });

  it('passes over nothing: what cannot be taken in holds the partition until it can', async () => {
    const { publish, start, taken, texts, log } = await setup();
    let failures = 0;
    await publish({ value: '1' }, { value: '2' }, { value: '3' });
    const { counters } = start(async (message) => {
      if (String(message.value) === '2' && failures++ < 4) throw new Error('not yet');
      taken.push(message);
    });
    await eventually(() => expect(texts()).toEqual(['1', '2', '3']));
    expect(log).toEqual(['message cannot be taken in, its partition waits', 'message taken in after all']);
    expect(counters).toMatchObject({ handled: 3, failedAttempts: 4 });
  });

  it('begins again after what was taken in, and with what was not', async () => {
    const { publish, start, taken, texts } = await setup();
    await publish({ value: '1' }, { value: '2' });
    const first = start(async (message) => {
      if (String(message.value) === '2') throw new Error('never');
      taken.push(message);
    });
    await eventually(() => expect(texts()).toEqual(['1']));
    await first.close();
    start();
    await eventually(() => expect(texts()).toEqual(['1', '2']));
  });

  it('starts without a broker and consumes once there is one', async () => {
    const { publish, start, texts, log } = await setup();
    const door = await openDoor(testKafkaBrokers()[0] ?? '');
    await door.shut();
    cleanups.push(() => door.shut());
    await publish({ value: '1' });
    const consumer = start(undefined, testKafka([door.address]));
    await eventually(() => expect(log).toEqual(['consumer lost its broker']));
    await door.open();
    await eventually(() => expect(texts()).toEqual(['1']));
    expect(consumer.connected).toBe(true);
  });
});
