import { EventSchemas, rolesOf } from '@plinth/contracts';
import { createTestTopic, openDoor, readTopic, testKafka, uniqueName } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { outboxMigrations } from '@plinth/outbox';
import { eventually, TestDatabase, testDatabaseUrl, testKafkaBrokers } from '@plinth/testing';
import { migrations as relayMigrations } from '../migrations/index.js';
import { LeaseKeeper } from './lease-keeper.js';
import { SourceLoop } from './source-loop.js';
import { publishingPolicy } from './source-publisher.js';

const schema = 'tenancy';

let database: TestDatabase;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await TestDatabase.create([{ schema, migrations: outboxMigrations(schema) }, { schema: 'relay', migrations: relayMigrations }]);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await database.query(`TRUNCATE ${schema}.event_outbox`);
});
afterAll(() => database.drop());

async function setup() {
  const kafka = testKafka(testKafkaBrokers());
  const topic = uniqueName('loop');
  await createTestTopic(kafka, topic);
  const events = new EventSchemas([{ type: 'sample.happened', version: 1, topic, aggregateType: 'sample', schema: {} }]);
  const log: string[] = [];
  const destination = { write: (line: string) => void log.push((JSON.parse(line) as { msg: string }).msg) };
  const logger = Logger.create({ service: 'test', level: 'info', format: 'json', destination });
  return {
    log,
    /** A replica of the relay for the one source. */
    start({ through, brokers = testKafkaBrokers(), pollIntervalMs = 100 }: { through?: string; brokers?: string[]; pollIntervalMs?: number } = {}) {
      const url = new URL(database.urlAs(rolesOf('relay').system));
      if (through !== undefined) url.host = through;
      const keeper = new LeaseKeeper({ sources: ['tenant-service'], databaseUrl: url.href, logger });
      const leases = keeper.leasesOf('tenant-service');
      const loop = new SourceLoop({
        source: { service: 'tenant-service', schema },
        leases,
        databaseUrl: url.href,
        kafka: testKafka(brokers),
        ...{ events, logger, policy: publishingPolicy, onMissingTopic: () => undefined, pollIntervalMs },
      });
      keeper.start();
      loop.start();
      const stop = async () => {
        await loop.stop();
        await keeper.stop();
      };
      cleanups.push(stop);
      return { stop, partitions: () => leases.wanted().length };
    },
    async published() {
      return (await readTopic(kafka, topic)).map(({ value }) => (JSON.parse(String(value)) as { n: number }).n);
    },
    onTopic: async () => (await readTopic(kafka, topic)).map(({ headers }) => String(headers?.['ce_id'])),
  };
}

async function insert(n: number): Promise<string> {
  const id = newId();
  await database.query(
    `INSERT INTO ${schema}.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type) VALUES ($1, 'sample.happened', 1, $2, $1, 'sample')`,
    [id, JSON.stringify({ n })],
  );
  return id;
}

async function unpublished(): Promise<number> {
  const [row] = await database.query<{ count: string }>(`SELECT count(*) FROM ${schema}.event_outbox WHERE status <> 'published'`);
  return Number(row?.count);
}

const allPublished = () => eventually(async () => expect(await unpublished()).toBe(0));
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('SourceLoop', () => {
  it('publishes on its tick, without a hint', async () => {
    const test = await setup();
    test.start();
    await insert(1);
    await allPublished();
    await insert(2);
    await allPublished();
    expect(await test.published()).toEqual([1, 2]);
  });

  it('publishes on a hint, long before its tick', async () => {
    const test = await setup();
    const loop = test.start({ pollIntervalMs: 60_000 });
    await eventually(() => expect(loop.partitions()).toBe(64));
    await insert(1);
    // A hint that came before the loop listened is lost, so it is repeated.
    await eventually(async () => {
      await database.query(`SELECT pg_notify('plinth_outbox', '${schema}')`);
      expect(await unpublished()).toBe(0);
    });
  });

  it('shares the partitions between two replicas, and gives all of them to the one that is left', async () => {
    const test = await setup();
    const [first, second] = [test.start(), test.start()];
    await eventually(() => expect([first.partitions(), second.partitions()]).toEqual([32, 32]));
    const ids = [];
    for (const n of numbers(100)) ids.push(await insert(n));
    await allPublished();
    expect((await test.onTopic()).sort()).toEqual(ids.sort());

    await first.stop();
    await eventually(() => expect(second.partitions()).toBe(64));
    for (const n of numbers(20)) ids.push(await insert(n));
    await allPublished();
    expect((await test.onTopic()).sort()).toEqual(ids.sort());
  });

  it('publishes again after its connection was killed', async () => {
    const test = await setup();
    const loop = test.start();
    await eventually(() => expect(loop.partitions()).toBe(64));
    await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'outbox-relay%'`, [database.name]);
    await insert(1);
    await allPublished();
    expect(await test.published()).toEqual([1]);
  });

  it('lives through an absent PostgreSQL, and tells of it once', async () => {
    const door = await openDoor(testDatabaseUrl(), '5432');
    cleanups.push(() => door.shut());
    const test = await setup();
    const loop = test.start({ through: door.address });
    await eventually(() => expect(loop.partitions()).toBe(64));
    await door.shut();
    await eventually(() => expect(test.log).toContain('outbox cannot be read, trying again'));
    await insert(1);
    await door.open();
    await allPublished();
    expect(test.log.filter((line) => line.startsWith('outbox c'))).toEqual(['outbox cannot be read, trying again', 'outbox can be read again']);
  });

  it('lives through an absent Kafka, tells of it once, and publishes all that waited in order', async () => {
    const door = await openDoor(testKafkaBrokers()[0] ?? '');
    cleanups.push(() => door.shut());
    await door.shut();
    const test = await setup();
    test.start({ brokers: [door.address] });
    for (const n of numbers(10)) await insert(n);
    await eventually(() => expect(test.log).toContain('events wait, the broker does not take them'));
    expect(await unpublished()).toBe(10);
    await door.open();
    await allPublished();
    await eventually(() => expect(test.log.filter((line) => line.includes('the broker'))).toEqual(['events wait, the broker does not take them', 'the broker takes events again']));
    expect(await test.published()).toEqual(numbers(10));
    const attempts = await database.query(`SELECT DISTINCT processing_attempts FROM ${schema}.event_outbox`);
    expect(attempts).toEqual([{ processing_attempts: 0 }]);
  });

  it('finishes and marks the batch in hand when it is stopped', async () => {
    const test = await setup();
    await database.query(
      `INSERT INTO ${schema}.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type)
       SELECT gen_random_uuid(), 'sample.happened', 1, jsonb_build_object('n', n), gen_random_uuid(), 'sample' FROM generate_series(1, 5000) AS n`,
    );
    const loop = test.start();
    await eventually(async () => expect(await unpublished()).toBeLessThan(5000), { everyMs: 1 });
    await loop.stop();
    const onTopic = await test.onTopic();
    expect(onTopic).toHaveLength(5000 - (await unpublished()));
    expect(new Set(onTopic).size).toBe(onTopic.length);
  });
});
