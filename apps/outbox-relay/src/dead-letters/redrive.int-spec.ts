import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { deadLetterTopic, EventSchemas, redriveTopicOf, topics as declaredTopics, type EventDefinition } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { encodeEvent, EventProducer, inboxMigrations, InboxTransport, OnEvent, type OutgoingMessage, type ReceivedEvent } from '@plinth/kafka';
import { createTestTopic, openDoor, readTopic, silentLogger, testKafka, uniqueName } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { eventually, TestGateway, testKafkaBrokers, type TestDatabase } from '@plinth/testing';
import { bootRelay, createRelayDatabase, operator, relayConfig, type RelayUnderTest } from '../testing.js';
import { DeadLettersRepository } from './dead-letters.repository.js';

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
  let consumerStopped: Promise<void> | undefined;
  const stopConsumer = () => (consumerStopped ??= consumer.close());
  cleanups.push(stopConsumer);

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
    ...{ kafka, group, topic, broken, admin, get, startRelay, stopConsumer },
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
    post: (path: string, body: object) => relay.call('POST', `/v1/admin/dead-letters${path}`, admin, { 'idempotency-key': newId() }, body),
    async redriveMany(body: object) {
      const answer = await relay.call('POST', '/v1/admin/dead-letters/redrive', admin, { 'idempotency-key': newId() }, body);
      expect(answer.status).toBe(202);
      return answer.body as { selected: number; redrive: { id: string } | null };
    },
    /** Letters of events that the group has not handled, as its transport would have put them aside. */
    async keepLetters(numbers: readonly number[]) {
      const letters = relay.app.get(DeadLettersRepository);
      await relay.app.get(Transactor).runSystem('take_in_dead_letter', async (tx) => {
        for (const n of numbers) {
          const { key, value, headers } = this.event(n);
          const facts = { dlq_topic: topic, dlq_partition: '0', dlq_offset: String(n), dlq_group: group, dlq_error: 'SampleError:broken' };
          const named = Object.entries({ ...headers, ...facts }).map(([name, text]) => ({ name, value: Buffer.from(text) }));
          await letters.takeIn(tx, { topic: deadLetterTopic, partition: 0, offset: String(1_000_000 + n), timestamp: new Date(), key: Buffer.from(key as string), value: Buffer.from(value as string), headers: named });
        }
      });
    },
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

/** Waits until the letter has been sent so often, and stands so. */
async function becomes(test: Setup, letter: LetterView | undefined, status: 'redriven' | 'processed' | 'failed_again', replayCount = 1): Promise<LetterView> {
  return await eventually(async () => {
    const known = (await test.letters()).find(({ id }) => id === letter?.id);
    expect(known).toMatchObject({ status, replayCount, redriveRequestedAt: null, redrivenBy: test.admin.id });
    return known as LetterView;
  });
}

/** Waits until the batch stands so. */
async function batchBecomes(test: Setup, id: string, counts: object): Promise<void> {
  await eventually(async () => expect((await test.get(`/v1/admin/dead-letters/redrives/${id}`)).body).toMatchObject(counts), { withinMs: 60_000 });
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
    const { processedAt } = await becomes(test, letter, 'processed');
    const [handled] = await database.query(`SELECT received_at FROM ${schema}.inbox WHERE consumer_group = $1 AND event_id = $2`, [test.group, letter!['eventId']]);
    expect(processedAt).toBe((handled?.['received_at'] as Date).toISOString());

    expect((await test.redrive(letter!.id)).status).toBe(202);
    await becomes(test, letter, 'processed', 2);
    // What a crash leaves between the broker's acknowledgement and the mark.
    await database.query('UPDATE relay.dead_letter SET redrive_requested_at = now(), redrive_requested_by = $2, replay_count = 1 WHERE id = $1', [letter!.id, test.admin.id]);
    await becomes(test, letter, 'processed', 2);
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
    expect(await becomes(test, first, 'failed_again')).toMatchObject({ supersededBy: second!.id, processedAt: null });
    await test.redrive(second!.id);
    const [third] = await lettersOf(test, 3);
    expect(third).toMatchObject({ status: 'pending', replayCount: 2, topic: test.topic, offset: '1' });
    test.broken.clear();
    await test.redrive(third!.id);
    await eventually(async () => expect(await test.effects()).toEqual([0, 1]));
    expect(await becomes(test, third, 'processed', 3)).toMatchObject({ supersededBy: null });
    expect(await becomes(test, second, 'failed_again', 2)).toMatchObject({ supersededBy: third!.id });
  });

  it('sends nothing for the sixth time of what comes back each time, until it is forced to after the mend', async () => {
    const test = await setup();
    test.broken.add(1);
    await test.publish(test.event(1));
    for (let n = 1; n <= 5; n += 1) {
      const [newest] = await lettersOf(test, n);
      expect((await test.redrive(newest!.id)).status).toBe(202);
    }
    const [last] = await lettersOf(test, 6);
    expect(await test.redrive(last!.id)).toMatchObject({ status: 409, body: { code: 'replay_limit_reached' } });
    expect(await test.redriveMany({ all: true, dryRun: true })).toMatchObject({ selected: 0, excluded: expect.arrayContaining([{ reason: 'replay_limit', count: 1 }]) as unknown });
    test.broken.clear();
    await test.post(`/${last!.id}/redrive`, { force: true, reason: 'mended' });
    await becomes(test, last, 'processed', 6);
    expect(await test.effects()).toEqual([1]);
  });

  it('closes what lies here of an event that another letter brought through', async () => {
    const test = await setup();
    test.broken.add(1);
    await test.publish(test.event(1));
    const [first] = await lettersOf(test, 1);
    await test.redrive(first!.id);
    const [second] = await lettersOf(test, 2);
    await becomes(test, first, 'failed_again');
    test.broken.clear();
    await test.redrive(first!.id);
    await becomes(test, first, 'processed', 2);
    await eventually(async () => expect((await test.letters()).find(({ id }) => id === second?.id)).toMatchObject({ status: 'processed', replayCount: 1 }));
    expect(await test.effects()).toEqual([1]);
  });

  it('sends what nobody could decode again with the same bytes', async () => {
    const test = await setup();
    const poison: OutgoingMessage = { topic: test.topic, key: null, value: Buffer.from([0xff]), headers: { odd: Buffer.from([0xfe]), twice: ['a', 'b'] } };
    await test.publish(poison);
    const [letter] = await lettersOf(test, 1);
    await test.redrive(letter!.id);
    const [again] = await lettersOf(test, 2);
    expect(again).toMatchObject({ replayCount: 1, topic: test.topic, offset: '0', eventId: null });
    expect(await becomes(test, letter, 'failed_again')).toMatchObject({ supersededBy: again!.id });
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
    await becomes(test, letter, 'processed');
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

describe('a redrive of many', () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

  it('is followed until each letter is processed or back, and reaches no letter that comes later or is discarded before its turn', async () => {
    const test = await setup();
    test.broken.add(2).add(4);
    await test.keepLetters(upTo(6));
    const [newest] = await test.letters();
    const { selected, redrive } = await test.redriveMany({ filter: { group: test.group, error: 'SampleError:broken' }, ratePerSecond: 1 });
    expect(selected).toBe(6);
    // The last in the order of sending, six seconds away.
    expect((await test.post(`/${newest!.id}/discard`, { reason: 'not this one' })).status).toBe(200);
    await batchBecomes(test, redrive!.id, { status: 'done', selected: 6, requested: 5, sent: 5, processed: 3, failedAgain: 2, refused: 0 });
    expect(await test.effects()).toEqual([0, 1, 3]);
    const letters = await test.letters();
    expect(letters.map(({ status, replayCount }) => [status, replayCount])).toEqual([
      ...[['pending', 1], ['pending', 1]],
      ...[['discarded', 0], ['failed_again', 1], ['processed', 1], ['failed_again', 1], ['processed', 1], ['processed', 1]],
    ]);
    expect(await test.letters(`&redriveId=${redrive!.id}`)).toHaveLength(5);
    test.broken.clear();
    const second = await test.redriveMany({ filter: { group: test.group } });
    expect(second.selected).toBe(2);
    await batchBecomes(test, second.redrive!.id, { status: 'done', sent: 2, processed: 2 });
    // Each is of an aggregate of its own, sent at once: which partition is read first is nobody's promise.
    expect((await test.effects()).slice(3).toSorted()).toEqual([2, 4]);
  }, 90_000);

  it('loses nothing and handles nothing twice where Kafka goes, the relay is restarted and its transactions are cut off', async () => {
    const door = await openDoor(testKafkaBrokers()[0] ?? '');
    cleanups.push(() => door.shut());
    const test = await setup({ relayBrokers: [door.address] });
    const count = 60;
    await test.keepLetters(upTo(count));
    const { redrive } = await test.redriveMany({ filter: { group: test.group }, ratePerSecond: 20 });
    const sent = async () => Number((await test.get(`/v1/admin/dead-letters/redrives/${redrive!.id}`)).body['sent']);
    const moreThan = async (before: number) => await eventually(async () => expect(await sent()).toBeGreaterThan(before), { withinMs: 30_000 });
    await moreThan(0);
    await door.shut();
    await test.stopRelay();
    await test.startRelay();
    await door.open();
    await moreThan(await sent());
    const cuts = 5;
    for (let cut = 0; cut < cuts; cut += 1) {
      // As where its process is killed: what Kafka has acknowledged meanwhile is not marked.
      await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'outbox-relay'`);
      await eventually(async () => expect((await test.get('/health/ready')).status).toBe(200));
    }
    await batchBecomes(test, redrive!.id, { status: 'done', requested: count, sent: count, processed: count, failedAgain: 0 });
    expect((await test.effects()).toSorted((one, other) => one - other)).toEqual(upTo(count));
    const messages = await test.onRedriveTopic();
    expect(new Set(messages.map(({ headers }) => String(headers?.['ce_id']))).size).toBe(count);
    // At its rate, a second's worth of letters is all that can be sent and not marked.
    expect(messages.length).toBeLessThanOrEqual(count + (cuts + 1) * 20);
  }, 90_000);

  it('sends ten thousand letters, each once and never faster than its rate', async () => {
    const test = await setup();
    await test.stopConsumer();
    const count = 10_000;
    await test.keepLetters([0]);
    await database.query(
      `INSERT INTO relay.dead_letter (id, letter_topic, letter_partition, letter_offset, letter_at, consumer_group, topic, error, event_id, key, value, headers, replay_count)
       SELECT gen_random_uuid(), letter_topic, 0, letter_offset + n, letter_at, consumer_group, topic, error, gen_random_uuid(), key, value, headers, 0
       FROM relay.dead_letter, generate_series(1, $2) AS n WHERE consumer_group = $1`,
      [test.group, count - 1],
    );
    const rate = 1_000;
    const { selected, redrive } = await test.redriveMany({ filter: { group: test.group }, ratePerSecond: rate });
    expect(selected).toBe(count);
    await batchBecomes(test, redrive!.id, { status: 'following', requested: count, sent: count, refused: 0 });
    const [paced] = await database.query<{ letters: number; within: boolean }>(
      `SELECT count(*)::int AS letters, bool_and(nth <= $2 * extract(epoch FROM redriven_at - batch.requested_at)) AS within
       FROM (SELECT redriven_at, redrive_batch_id, row_number() OVER (ORDER BY redriven_at) AS nth FROM relay.dead_letter WHERE redrive_batch_id = $1) AS letter
         JOIN relay.redrive_batch batch ON batch.id = redrive_batch_id`,
      [redrive!.id, rate],
    );
    expect(paced).toEqual({ letters: count, within: true });
    expect(await test.onRedriveTopic()).toHaveLength(count);
  }, 120_000);
});
