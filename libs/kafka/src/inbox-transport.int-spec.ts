import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventSchemas, type EventDefinition } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { eventually, TestDatabase, testDatabaseUrl, testKafkaBrokers } from '@plinth/testing';
import kafkajs from 'kafkajs';
import { encodeEvent } from './cloud-events.js';
import type { ConsumerCounters } from './consumer-counters.js';
import { EventProducer, type OutgoingMessage } from './event-producer.js';
import { inboxMigrations } from './inbox.js';
import { InboxTransport } from './inbox-transport.js';
import type { KafkaClient } from './kafka-client.js';
import { OnEvent, OnEventBatch, type ReceivedEvent } from './on-event.js';
import { createTestTopic, openDoor, readTopic, testKafka, uniqueName, silentLogger } from './testing.js';

const schemaOfSample = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false };

type Sample = ReceivedEvent<{ n: number }>;

/** What the handler does after its effect; a test changes it. */
class Behaviour {
  after: (event: Sample, tx: Tx) => Promise<void> = async () => undefined;
}

abstract class Handlers {
  constructor(@Inject(Behaviour) private readonly behaviour: Behaviour) {}

  protected async take(event: Sample, tx: Tx): Promise<void> {
    await tx.query(`INSERT INTO ${schema}.effect (event_id, n) VALUES ($1, $2)`, [event.id, event.payload.n]);
    await this.behaviour.after(event, tx);
  }
}

@Controller()
class SingleHandlers extends Handlers {
  @OnEvent('sample.happened', 1)
  async record(event: Sample, tx: Tx): Promise<void> {
    await this.take(event, tx);
  }
}

@Controller()
class BatchHandlers extends Handlers {
  @OnEventBatch('sample.happened', 1)
  async record(events: readonly Sample[], tx: Tx): Promise<void> {
    for (const event of events) await this.take(event, tx);
  }
}

const schema = 'inbox_test';

function migrations() {
  const effect = {
    name: '0001_effect',
    up: `CREATE TABLE ${schema}.effect (place bigint GENERATED ALWAYS AS IDENTITY, event_id uuid NOT NULL, n int NOT NULL);
         GRANT SELECT, INSERT ON ${schema}.effect TO plinth_${schema}_app;`,
    down: `DROP TABLE ${schema}.effect`,
  };
  return [...inboxMigrations(schema), effect];
}

interface SetupOptions {
  readonly handlers: typeof SingleHandlers | typeof BatchHandlers;
  readonly partitions?: number;
  /** The door by which the database is reached. */
  readonly through?: string;
}

interface Setup {
  readonly transactor: Transactor;
  readonly kafka: KafkaClient;
  readonly topic: string;
  readonly group: string;
  readonly behaviour: Behaviour;
  /** The messages of the transport's log lines so far. */
  readonly log: readonly string[];
  start(kafka?: KafkaClient): Promise<Replica>;
  publish(...messages: OutgoingMessage[]): Promise<void>;
  event(n: unknown, id?: string, key?: string): OutgoingMessage;
  effects(): Promise<number[]>;
  inboxRows(): Promise<number>;
  deadLetters(): Promise<Awaited<ReturnType<typeof readTopic>>>;
}

interface Replica {
  readonly counters: ConsumerCounters;
  readonly transport: InboxTransport;
  stop(): Promise<void>;
}

let database: TestDatabase;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await TestDatabase.create([{ schema, migrations: migrations() }]);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await database.query(`TRUNCATE ${schema}.effect, ${schema}.inbox`);
});
afterAll(() => database.drop());

async function setup({ handlers, partitions = 1, through }: SetupOptions): Promise<Setup> {
  const kafka = testKafka(testKafkaBrokers());
  const topic = uniqueName('transport');
  const group = uniqueName('group');
  const definition = (type: string, version: number): EventDefinition => ({ type, version, topic, aggregateType: 'sample', schema: schemaOfSample });
  const events = new EventSchemas([definition('sample.happened', 1), definition('sample.happened', 2), definition('sample.ignored', 1)]);
  const declared = await createTestTopic(kafka, topic, partitions);
  await createTestTopic(kafka, 'plinth.dead-letter');
  const transactor = new Transactor({ appDatabaseUrl: appUrl(through), systemDatabaseUrl: appUrl(through), poolSize: 5, applicationName: group });
  cleanups.push(() => transactor.close());
  const producer = new EventProducer({ kafka, logger: silentLogger });
  cleanups.push(() => producer.close());
  const behaviour = new Behaviour();

  @Module({ controllers: [handlers], providers: [{ provide: Behaviour, useValue: behaviour }] })
  class SampleModule {}

  const log: string[] = [];
  const destination = { write: (line: string) => void log.push((JSON.parse(line) as { msg: string }).msg) };
  const logger = Logger.create({ service: 'test', level: 'info', format: 'json', destination });

  return {
    transactor,
    kafka,
    topic,
    group,
    behaviour,
    log,
    async start(client = kafka) {
      const transport = new InboxTransport({
        ...{ kafka: client, groupId: group, schema, transactor, logger, events, topics: [declared] },
        retry: { maxAttempts: 5, handler: { baseMs: 5, capMs: 20 }, outage: { baseMs: 20, capMs: 100 } },
      });
      const app = await NestFactory.createMicroservice(SampleModule, { strategy: transport, logger: false });
      await app.listen();
      let stopped: Promise<void> | undefined;
      const stop = () => (stopped ??= app.close());
      cleanups.push(stop);
      return { transport, counters: transport.counters, stop };
    },
    async publish(...messages) {
      const outcomes = await producer.publish(messages);
      expect(outcomes.filter((outcome) => outcome.kind !== 'acknowledged')).toEqual([]);
    },
    event(n, id = newId(), key = newId()) {
      const envelope = { id, source: 'plinth/test', type: 'sample.happened', version: 1, aggregateType: 'sample', aggregateId: key, time: new Date(), tenantId: null, sequence: null, traceparent: null };
      return { topic, ...encodeEvent(envelope, JSON.stringify({ n })) };
    },
    effects: async () => (await database.query<{ n: number }>(`SELECT n FROM ${schema}.effect ORDER BY place`)).map((row) => row.n),
    inboxRows: async () => (await database.query(`SELECT 1 AS one FROM ${schema}.inbox WHERE consumer_group = $1`, [group])).length,
    deadLetters: async () => (await readTopic(kafka, 'plinth.dead-letter')).filter((letter) => String(letter.headers?.['dlq_group']) === group),
  };
}

/** Two keys that the producer's partitioner puts into two partitions of a topic that has two. */
function keysOfTwoPartitions(): [string, string] {
  const partitionMetadata = [0, 1].map((partitionId) => ({ partitionId, leader: 0, replicas: [], isr: [], partitionErrorCode: 0 }));
  const partitionOf = (key: string) => kafkajs.Partitioners.DefaultPartitioner()({ topic: 'any', partitionMetadata, message: { key, value: null } });
  const first = newId();
  for (;;) {
    const second = newId();
    if (partitionOf(second) !== partitionOf(first)) return [first, second];
  }
}

async function setOffset({ kafka, group, topic }: Setup, offset: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset }] }).finally(() => admin.disconnect());
}

/** As the service's role, by the door where one is given. */
function appUrl(through: string | undefined): string {
  const url = new URL(database.appUrl(schema));
  if (through !== undefined) url.host = through;
  return url.href;
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe.each([
  { name: 'one event at a time', handlers: SingleHandlers, triesOfOneInThree: 5 },
  // Three together, the first two together, then alone.
  { name: 'in batches', handlers: BatchHandlers, triesOfOneInThree: 7 },
])('InboxTransport, $name', ({ handlers, triesOfOneInThree }) => {
  it('has one effect of an event that is delivered three times', async () => {
    const test = await setup({ handlers });
    const twice = test.event(1);
    await test.publish(twice, twice, test.event(2), twice, test.event(3));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([1, 2, 3]));
    await eventually(() => expect(counters).toMatchObject({ handled: 3, duplicates: 2, deadLettered: 0 }));
    expect(await test.inboxRows()).toBe(3);
  });

  it('tries a failing handler again, without a trace of the failures and in order', async () => {
    const test = await setup({ handlers });
    let failures = 0;
    test.behaviour.after = async (event) => {
      if (event.payload.n === 1 && failures++ < 2) throw new Error('not yet');
    };
    await test.publish(test.event(0), test.event(1), test.event(2));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([0, 1, 2]));
    expect(counters).toMatchObject({ failedAttempts: 2, handled: 3, deadLettered: 0 });
    expect(await test.inboxRows()).toBe(3);
  });

  it('puts an event aside after five tries, keeps no row of it, and goes on', async () => {
    const test = await setup({ handlers });
    test.behaviour.after = async (event) => {
      if (event.payload.n === 1) throw Object.assign(new Error('about a@b.example'), { name: 'SampleError', code: 'sample_code' });
    };
    const bad = test.event(1);
    await test.publish(test.event(0), bad, test.event(2));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([0, 2]));
    expect(counters).toMatchObject({ failedAttempts: triesOfOneInThree, deadLettered: 1 });
    expect(await test.inboxRows()).toBe(2);
    const [letter, ...more] = await test.deadLetters();
    expect(more).toEqual([]);
    expect(headersOf(letter)).toMatchObject({ ...bad.headers, dlq_topic: test.topic, dlq_partition: '0', dlq_offset: '1', dlq_attempts: '5', dlq_error: 'SampleError:sample_code' });
    expect(JSON.stringify(headersOf(letter))).not.toContain('example');
  });

  it('puts what cannot be read aside at once, byte for byte, and handles the good ones around it', async () => {
    const test = await setup({ handlers });
    const good = numbers(6).map((n) => test.event(n));
    const poison: OutgoingMessage[] = [
      { ...test.event(0), value: Buffer.from([0x7b, 0xff, 0x00]), key: Buffer.from([0xfe, 0x00]) },
      { ...test.event(0), value: '{"n": ' },
      { ...test.event(0), value: '{"n": 1, "more": true}' },
      { ...test.event(0), headers: { ...test.event(0).headers, ce_type: 'sample.happened.v9' } },
      { ...test.event(0), headers: { ...test.event(0).headers, ce_type: 'sample.happened.v2' } },
      { topic: test.topic, key: null, value: 'no headers', headers: {} },
    ];
    await test.publish(...good.flatMap((event, n) => [event, poison[n]!]));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual(numbers(6)));
    await eventually(() => expect(counters).toMatchObject({ deadLettered: 6, failedAttempts: 0 }));
    const letters = await test.deadLetters();
    const bytes = (part: string | Buffer | null) => (part === null ? null : Buffer.from(part).toString('hex'));
    expect(letters.map(({ key, value }) => [bytes(key), bytes(value)])).toEqual(poison.map(({ key, value }) => [bytes(key), bytes(value)]));
    expect(letters.map((letter) => headersOf(letter)['dlq_error'])).toEqual(
      ['malformed_utf8', 'malformed_json', 'schema_mismatch', 'unknown_event', 'unhandled_version', 'missing_ce_specversion'].map((code) => `UndecodableEvent:${code}`),
    );
    expect(new Set(letters.map((letter) => headersOf(letter)['dlq_attempts']))).toEqual(new Set(['1']));
    for (const [n, letter] of letters.entries()) expect(headersOf(letter)).toMatchObject(poison[n]!.headers);
  });

  it('skips and counts events that the group has no handler for', async () => {
    const test = await setup({ handlers });
    const other = test.event(7);
    await test.publish({ ...other, headers: { ...other.headers, ce_type: 'sample.ignored.v1' } }, test.event(8));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual([8]));
    expect(counters).toMatchObject({ skipped: 1, handled: 1, deadLettered: 0 });
  });

  it('loses and doubles nothing over stops in the middle of the work', async () => {
    const test = await setup({ handlers, partitions: 3 });
    const keys = numbers(7).map(() => newId());
    await test.publish(...numbers(600).map((n) => test.event(n, newId(), keys[n % 7])));
    for (const target of [100, 250, 400]) {
      const replica = await test.start();
      await eventually(async () => expect((await test.effects()).length).toBeGreaterThanOrEqual(target));
      await replica.stop();
    }
    const { counters } = await test.start();
    await eventually(async () => expect((await test.effects()).length).toBe(600));
    const effects = await test.effects();
    expect(effects.toSorted((a, b) => a - b)).toEqual(numbers(600));
    for (const key of numbers(7)) {
      const ofKey = effects.filter((n) => n % 7 === key);
      expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
    }
    expect(counters.deadLettered).toBe(0);
    // A clean stop commits its offsets, so nothing was even delivered twice.
    expect(counters.duplicates).toBe(0);
  });

  it('waits for its database without using up tries, and then handles what waited', async () => {
    const door = await openDoor(testDatabaseUrl(), '5432');
    cleanups.push(() => door.shut());
    const test = await setup({ handlers, through: door.address });
    const { counters } = await test.start();
    await test.publish(test.event(1));
    await eventually(async () => expect(await test.effects()).toEqual([1]));
    await door.shut();
    await test.publish(test.event(2));
    await eventually(() => expect(test.log).toContain('consumer waits for its database'));
    await door.open();
    await eventually(async () => expect(await test.effects()).toEqual([1, 2]));
    expect(test.log.filter((line) => line === 'consumer waits for its database')).toHaveLength(1);
    expect(counters).toMatchObject({ handled: 2, failedAttempts: 0, deadLettered: 0 });
  });

  it('starts without a broker and consumes once there is one', async () => {
    const test = await setup({ handlers });
    const door = await openDoor(testKafkaBrokers()[0] ?? '');
    await door.shut();
    await test.publish(test.event(1));
    const { transport } = await test.start(testKafka([door.address]));
    await eventually(() => expect(test.log).toEqual(['consumer lost its broker']));
    expect(transport.connected).toBe(false);
    await door.open();
    cleanups.push(() => door.shut());
    await eventually(async () => expect(await test.effects()).toEqual([1]));
    expect(transport.connected).toBe(true);
    expect(test.log).toEqual(['consumer lost its broker', 'consumer joined its group again']);
  });

  it('shares the partitions with a second replica and takes them back from it, each event with one effect', async () => {
    const test = await setup({ handlers, partitions: 2 });
    const send = (from: number) => test.publish(...numbers(200).map((n) => test.event(from + n)));
    const effectsReach = (count: number) => eventually(async () => expect((await test.effects()).length).toBeGreaterThanOrEqual(count));
    await send(0);
    const first = await test.start();
    await effectsReach(20);
    const second = await test.start();
    await eventually(() => expect(second.transport.connected).toBe(true));
    await send(200);
    await eventually(() => expect(second.counters.handled).toBeGreaterThan(0));
    await second.stop();
    await send(400);
    await effectsReach(600);
    expect((await test.effects()).toSorted((a, b) => a - b)).toEqual(numbers(600));
    expect(first.counters.handled + second.counters.handled).toBe(600);
  });

  it('stops promptly right after its start', async () => {
    const test = await setup({ handlers });
    await test.publish(test.event(1));
    const replica = await test.start();
    const startedAt = performance.now();
    await replica.stop();
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});

describe('InboxTransport with a handler of batches', () => {
  const setupBatches = () => setup({ handlers: BatchHandlers });

  it('commits the effects of consecutive events, of whatever tenants, with their inbox rows in one transaction', async () => {
    const test = await setupBatches();
    await test.publish(...numbers(50).map((n) => test.event(n)));
    await test.start();
    await eventually(async () => expect(await test.effects()).toEqual(numbers(50)));
    const transactions = await database.query(
      `SELECT DISTINCT effect.xmin::text, handled.xmin::text AS inbox FROM ${schema}.effect JOIN ${schema}.inbox handled USING (event_id)`,
    );
    expect(transactions).toHaveLength(1);
    expect(transactions[0]?.['xmin']).toBe(transactions[0]?.['inbox']);
  });

  it('puts one in a hundred aside that fails, and handles the others in order, each once', async () => {
    const test = await setupBatches();
    test.behaviour.after = async ({ payload: { n } }) => {
      if (n === 57) throw new Error('never');
    };
    await test.publish(...numbers(100).map((n) => test.event(n)));
    const { counters } = await test.start();
    const others = numbers(100).filter((n) => n !== 57);
    await eventually(async () => expect(await test.effects()).toEqual(others));
    expect(counters).toMatchObject({ handled: 99, duplicates: 0, deadLettered: 1 });
    expect((await test.deadLetters()).map((letter) => headersOf(letter)['dlq_attempts'])).toEqual(['5']);
    expect(await test.inboxRows()).toBe(99);
  });

  it('drops from a batch what was handled before a crash, and handles the rest', async () => {
    const test = await setupBatches();
    await test.publish(...numbers(20).map((n) => test.event(n)));
    const crashed = await test.start();
    await eventually(async () => expect(await test.effects()).toHaveLength(20));
    await crashed.stop();
    // As if it had died between its commit and its offsets.
    await setOffset(test, '5');
    await test.publish(...numbers(10).map((n) => test.event(20 + n)));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual(numbers(30)));
    await eventually(() => expect(counters).toMatchObject({ handled: 10, duplicates: 15, failedAttempts: 0 }));
  });

  it('finishes the batch in hand when it is stopped, and commits its offset', async () => {
    const test = await setupBatches();
    const [begun, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    test.behaviour.after = async ({ payload: { n } }) => {
      if (n !== 3) return;
      begun.resolve();
      await mayEnd.promise;
    };
    await test.publish(...numbers(10).map((n) => test.event(n)));
    const first = await test.start();
    await begun.promise;
    const stopped = first.stop();
    mayEnd.resolve();
    await stopped;
    expect(await test.effects()).toEqual(numbers(10));
    await test.publish(test.event(10));
    const { counters } = await test.start();
    await eventually(async () => expect(await test.effects()).toEqual(numbers(11)));
    expect(counters).toMatchObject({ handled: 1, duplicates: 0 });
  });
});

describe('InboxTransport', () => {
  it('goes on with the other partitions while one has nothing but events that fail', async () => {
    const test = await setup({ handlers: SingleHandlers, partitions: 2 });
    const [bad, good] = keysOfTwoPartitions();
    const failing = Promise.withResolvers<void>();
    test.behaviour.after = async ({ payload: { n } }) => {
      if (n !== 0) return;
      failing.resolve();
      throw new Error('never');
    };
    // Some 30 ms each.
    await test.publish(...numbers(500).map(() => test.event(0, newId(), bad)));
    const { counters } = await test.start();
    await failing.promise;
    await test.publish(test.event(1, newId(), good));
    await eventually(async () => expect(await test.effects()).toEqual([1]));
    expect(counters.deadLettered).toBeLessThan(500);
  });

  it('refuses to start with a handler of an event that is not registered', async () => {
    const test = await setup({ handlers: SingleHandlers });
    const strategy = new InboxTransport({ kafka: test.kafka, groupId: test.group, schema: 'x', transactor: test.transactor, logger: silentLogger, events: new EventSchemas([]) });
    strategy.addHandler('sample.happened.v1', async () => undefined, true);
    expect(() => strategy.listen(() => undefined)).toThrow(/sample\.happened\.v1/);
    expect(() => strategy.addHandler('sample.happened.v1', async () => undefined, true)).toThrow(/two handlers/);
  });
});

function headersOf(message: { readonly headers?: object | undefined } | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(message?.headers ?? {}).map(([name, value]) => [name, String(value)]));
}
