import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { deadLetterTopic, EventSchemas, redriveTopicOf, topics as declaredTopics, type EventDefinition } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { encodeEvent, EventProducer, inboxMigrations, InboxTransport, OnEvent, type OutgoingMessage, type ReceivedEvent } from '@plinth/kafka';
import { createTestTopic, openDoor, readTopic, silentLogger, testKafka, uniqueName } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { eventually, TestGateway, testKafkaBrokers, type TestDatabase } from '@plinth/testing';
import { bootRelay, createRelayDatabase, operator, relayConfig, type RelayUnderTest } from '../testing.js';

const schema = 'redrive_test';
const effect = {
  name: '0001_effect',
  up: `CREATE TABLE ${schema}.effect (place bigint GENERATED ALWAYS AS IDENTITY, event_id uuid NOT NULL, n int NOT NULL);
       GRANT SELECT, INSERT ON ${schema}.effect TO plinth_${schema}_app;`,
  down: `DROP TABLE ${schema}.effect`,
};

let database: TestDatabase;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await createRelayDatabase([{ schema, migrations: [...inboxMigrations(schema), effect] }]);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => database.drop());

interface LetterView {
  readonly id: string;
  readonly status: string;
  readonly replayCount: number;
  readonly [field: string]: unknown;
}

/** A consumer group that cannot handle what `broken` names, and the relay beside it. */
async function setup({ relayBrokers = testKafkaBrokers() }: { relayBrokers?: string[] } = {}) {
  const kafka = testKafka(testKafkaBrokers());
  const [topic, group] = [uniqueName('redrive'), uniqueName('group')];
  const declared = [await createTestTopic(kafka, topic), await createTestTopic(kafka, redriveTopicOf(group)), ...declaredTopics.filter(({ name }) => name === deadLetterTopic)];
  const definition: EventDefinition = { type: 'sample.happened', version: 1, topic, aggregateType: 'sample', schema: { type: 'object', required: ['n'] } };
  const broken = new Set<number>();

  @Controller()
  class SampleHandlers {
    @OnEvent('sample.happened', 1)
    async record(event: ReceivedEvent<{ n: number }>, tx: Tx): Promise<void> {
      const { n } = event.payload;
      await tx.query(`INSERT INTO ${schema}.effect (event_id, n) VALUES ($1, $2)`, [event.id, n]);
      if (broken.has(n)) throw Object.assign(new Error('cannot'), { name: 'SampleError', code: 'broken' });
    }
  }
  @Module({ controllers: [SampleHandlers] })
  class SampleModule {}

  const transactor = new Transactor({ appDatabaseUrl: database.appUrl(schema), systemDatabaseUrl: database.appUrl(schema), poolSize: 3, applicationName: group });
  cleanups.push(() => transactor.close());
  const strategy = new InboxTransport({
    ...{ kafka, groupId: group, schema, transactor, logger: silentLogger, events: new EventSchemas([definition]), topics: declared },
    retry: { maxAttempts: 5, handler: { baseMs: 1, capMs: 5 }, outage: { baseMs: 20, capMs: 100 } },
  });
  const consumer = await NestFactory.createMicroservice(SampleModule, { strategy, logger: false });
  await consumer.listen();
  cleanups.push(() => consumer.close());

  const producer = new EventProducer({ kafka, logger: silentLogger });
  cleanups.push(() => producer.close());
  const gateway = new TestGateway('outbox-relay');
  const firstGroup = uniqueName('outbox-relay');
  const admin = operator();
  let relay: RelayUnderTest;
  const startRelay = async (consumerGroup = firstGroup) => {
    relay = await bootRelay(relayConfig(database, gateway, { kafkaBrokers: relayBrokers, consumerGroup }), gateway, [group]);
    cleanups.push(relay.close);
  };
  await startRelay();

  const get = async (path: string) => await relay.call('GET', path, admin);
  return {
    ...{ kafka, group, topic, broken, admin, get, startRelay },
    stopRelay: () => relay.close(),
    log: () => relay.log,
    async publish(...messages: OutgoingMessage[]) {
      const outcomes = await producer.publish(messages);
      expect(outcomes.every(({ kind }) => kind === 'acknowledged')).toBe(true);
    },
    event(n: number): OutgoingMessage {
      const envelope = { source: 'plinth/test', type: 'sample.happened', version: 1, aggregateType: 'sample', time: new Date(), tenantId: newId(), sequence: null, traceparent: null };
      return { topic, ...encodeEvent({ ...envelope, id: newId(), aggregateId: newId() }, JSON.stringify({ n })) };
    },
    async effects() {
      const rows = await database.query<{ n: number }>(
        `SELECT n FROM ${schema}.effect WHERE event_id IN (SELECT event_id FROM ${schema}.inbox WHERE consumer_group = $1) ORDER BY place`,
        [group],
      );
      return rows.map(({ n }) => n);
    },
    letters: async (query = '') => (await get(`/v1/admin/dead-letters?group=${group}${query}`)).body['data'] as LetterView[],
    redrive: (id: string, as = admin, key = newId()) => relay.call('POST', `/v1/admin/dead-letters/${id}/redrive`, as, { 'idempotency-key': key }),
    onRedriveTopic: async () => await readTopic(kafka, redriveTopicOf(group)),
  };
}

type Setup = Awaited<ReturnType<typeof setup>>;

async function lettersOf(test: Setup, count: number): Promise<LetterView[]> {
  return await eventually(async () => {
    const letters = await test.letters();
    expect(letters).toHaveLength(count);
    return letters;
  });
}

async function redriven(test: Setup, letter: LetterView | undefined, replayCount = 1): Promise<void> {
  await eventually(async () => {
    const known = (await test.letters()).find(({ id }) => id === letter?.id);
    expect(known).toMatchObject({ status: 'redriven', replayCount, redriveRequestedAt: null, redrivenBy: test.admin.id });
  });
}

const base64 = (part: string | Buffer | null) => (part === null ? null : Buffer.from(part).toString('base64'));

describe('the dead-letter desk', () => {
  it('handles all good messages around a poisonous one, and keeps that one byte for byte', async () => {
    const test = await setup();
    const poison: OutgoingMessage = {
      topic: test.topic,
      key: Buffer.from([0xfe, 0x00]),
      value: Buffer.from([0x7b, 0xff, 0x00]),
      headers: { ...test.event(0).headers, 'x-bytes': Buffer.from([0xff, 0x00, 0x0a]), 'x%00\0': 'name', twice: ['a', 'b'], empty: Buffer.alloc(0) },
    };
    await test.publish(test.event(1), poison, test.event(2), test.event(3));
    await eventually(async () => expect(await test.effects()).toEqual([1, 2, 3]));
    const [letter] = await lettersOf(test, 1);
    expect(letter).toMatchObject({
      ...{ status: 'pending', group: test.group, topic: test.topic, partition: 0, offset: '1', attempts: 1, replayCount: 0, valueBytes: 3 },
      ...{ error: 'UndecodableEvent:malformed_utf8', eventId: poison.headers['ce_id'], eventType: 'sample.happened.v1', tenantId: poison.headers['ce_tenantid'] },
    });
    const whole = (await test.get(`/v1/admin/dead-letters/${letter?.id}`)).body as { key: string; value: string; headers: { name: string; value: string }[] };
    expect(whole).toMatchObject({ key: base64(poison.key), value: base64(poison.value) });
    expect(whole).not.toHaveProperty('json');
    const own = whole.headers.filter(({ name }) => !name.startsWith('dlq_'));
    const sent = Object.entries(poison.headers).flatMap(([name, values]) => (Array.isArray(values) ? values : [values]).map((value) => ({ name, value: base64(value ?? null) })));
    expect(own.map(({ name, value }) => ({ name, value }))).toEqual(sent);
  });

  it('sends a letter again after its handler was mended: it is handled once, also when sent twice', async () => {
    const test = await setup();
    test.broken.add(1);
    await test.publish(test.event(0), test.event(1), test.event(2));
    await eventually(async () => expect(await test.effects()).toEqual([0, 2]));
    const [letter] = await lettersOf(test, 1);
    expect(letter).toMatchObject({ attempts: 5, error: 'SampleError:broken', offset: '1' });
    test.broken.clear();
    expect(await test.redrive(letter!.id)).toMatchObject({ status: 202, body: { id: letter!.id, status: 'pending', redriveRequestedAt: expect.any(String) as string } });
    await eventually(async () => expect(await test.effects()).toEqual([0, 2, 1]));
    await redriven(test, letter);

    expect((await test.redrive(letter!.id)).status).toBe(202);
    await redriven(test, letter, 2);
    // What a crash leaves between the broker's acknowledgement and the mark.
    await database.query('UPDATE relay.dead_letter SET redrive_requested_at = now(), redrive_requested_by = $2, replay_count = 1 WHERE id = $1', [letter!.id, test.admin.id]);
    await redriven(test, letter, 2);
    await test.publish(test.event(3));
    await eventually(async () => expect(await test.effects()).toEqual([0, 2, 1, 3]));
    expect(await test.onRedriveTopic()).toHaveLength(3);
    expect(await test.letters()).toHaveLength(1);
    const [row] = await database.query(`SELECT topic, partition, "offset" FROM ${schema}.inbox WHERE consumer_group = $1 AND event_id = $2`, [test.group, letter!['eventId']]);
    expect(row).toEqual({ topic: test.topic, partition: 0, offset: '1' });
  });

  it('gets a letter that is still bad back with its first place and a count, and handles it once that is mended', async () => {
    const test = await setup();
    test.broken.add(1);
    await test.publish(test.event(0), test.event(1));
    const [first] = await lettersOf(test, 1);
    await test.redrive(first!.id);
    const [second] = await lettersOf(test, 2);
    expect(second).toMatchObject({ status: 'pending', replayCount: 1, topic: test.topic, partition: 0, offset: '1', eventId: first!['eventId'] });
    await test.redrive(second!.id);
    const [third] = await lettersOf(test, 3);
    expect(third).toMatchObject({ status: 'pending', replayCount: 2, topic: test.topic, offset: '1' });
    test.broken.clear();
    await test.redrive(third!.id);
    await eventually(async () => expect(await test.effects()).toEqual([0, 1]));
  });

  it('sends what nobody could decode again with the same bytes', async () => {
    const test = await setup();
    const poison: OutgoingMessage = { topic: test.topic, key: null, value: Buffer.from([0xff]), headers: { odd: Buffer.from([0xfe]), twice: ['a', 'b'] } };
    await test.publish(poison);
    const [letter] = await lettersOf(test, 1);
    await test.redrive(letter!.id);
    const [again] = await lettersOf(test, 2);
    expect(again).toMatchObject({ replayCount: 1, topic: test.topic, offset: '0', eventId: null });
    const [message] = await test.onRedriveTopic();
    expect(message).toMatchObject({
      key: null,
      value: poison.value,
      headers: { odd: Buffer.from([0xfe]), twice: [Buffer.from('a'), Buffer.from('b')], dlq_topic: Buffer.from(test.topic), dlq_partition: Buffer.from('0'), dlq_offset: Buffer.from('0') },
    });
  });

  it('loses no letter and no request over an absent Kafka and a stop of the relay', async () => {
    const door = await openDoor(testKafkaBrokers()[0] ?? '');
    cleanups.push(() => door.shut());
    const test = await setup({ relayBrokers: [door.address] });
    test.broken.add(1);
    await test.publish(test.event(1));
    const [letter] = await lettersOf(test, 1);
    test.broken.clear();
    await door.shut();
    expect((await test.redrive(letter!.id)).status).toBe(202);
    await eventually(() => expect(test.log()).toContain('dead letters cannot be sent, trying again'));
    await test.stopRelay();
    await test.publish({ topic: test.topic, key: null, value: 'not an event', headers: {} });
    expect(await test.effects()).toEqual([]);
    await door.open();
    await test.startRelay();
    await eventually(async () => expect(await test.effects()).toEqual([1]));
    await redriven(test, letter);
    await lettersOf(test, 2);
  });

  it('keeps one row of a letter that is read again', async () => {
    const test = await setup();
    await test.publish({ topic: test.topic, key: null, value: 'not an event', headers: {} });
    const [letter] = await lettersOf(test, 1);
    await test.stopRelay();
    // Another group has committed nothing, and reads the whole topic anew before it comes to the later letter.
    await test.startRelay(uniqueName('outbox-relay'));
    await test.publish({ topic: test.topic, key: null, value: 'a later one', headers: {} });
    const letters = await lettersOf(test, 2);
    expect(letters.map(({ id, offset }) => [id, offset])).toEqual([[letters[0]?.id, '1'], [letter!.id, '0']]);
  });
});
