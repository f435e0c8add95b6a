import { EventSchemas, rolesOf } from '@plinth/contracts';
import { DatabaseSession, type Queryable } from '@plinth/database';
import { EventProducer, type KafkaClient } from '@plinth/kafka';
import { createTestTopic, openDoor, readTopic, silentLogger, testKafka, uniqueName } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { outboxMigrations } from '@plinth/outbox';
import { eventually, TestDatabase, testKafkaBrokers } from '@plinth/testing';
import { EventReader } from './event-reader.js';
import { OutboxTable } from './outbox-table.js';
import { publishingPolicy, SourcePublisher, type PublishingPolicy } from './source-publisher.js';

const schema = 'tenancy';
const never = new AbortController().signal;

let database: TestDatabase;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await TestDatabase.create([{ schema, migrations: outboxMigrations(schema) }]);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await database.query(`TRUNCATE ${schema}.event_outbox`);
});
afterAll(() => database.drop());

interface Row {
  readonly status: string;
  readonly processing_attempts: number;
  readonly last_error: string | null;
  readonly next_attempt_at: Date | null;
  readonly processed_at: Date | null;
}

async function setup({ brokers = testKafkaBrokers(), policy = {}, nowMs }: { brokers?: string[]; policy?: Partial<PublishingPolicy>; nowMs?: () => number } = {}) {
  const kafka: KafkaClient = testKafka(testKafkaBrokers());
  const topic = uniqueName('relay');
  await createTestTopic(kafka, topic, 3);
  const events = new EventSchemas([{ type: 'sample.happened', version: 1, topic, aggregateType: 'sample', schema: {} }]);
  const session = await DatabaseSession.open(database.urlAs(rolesOf('relay').system), { applicationName: 'relay-test' });
  cleanups.push(() => session.close());
  await new OutboxTable(session, schema).prepare();
  const producer = new EventProducer({ kafka: testKafka(brokers), logger: silentLogger, maxRequestBytes: 16 * 1024 * 1024 });
  cleanups.push(() => producer.close());
  const publisherOver = (connection: Queryable) => {
    const table = new OutboxTable(connection, schema);
    const whole = { ...publishingPolicy, deepEveryMs: 0, retry: { baseMs: 1, capMs: 2 }, ...policy };
    const reader = new EventReader(table, numbers(64), whole, nowMs);
    return new SourcePublisher({ source: { service: 'tenant-service', schema }, table, reader, ...{ producer, events, logger: silentLogger }, policy: whole, maySend: () => lease.good });
  };
  const lease = { good: true };
  const publisher = publisherOver(session);
  return {
    session,
    publisherOver,
    publisher,
    lease,
    /** One batch, and what became of it in the outbox. */
    async run(of = publisher, signal = never) {
      const report = await of.runOnce(signal);
      await of.settle();
      return report;
    },
    /** What the topic holds, each event once: a request that the broker refused in part is sent again. */
    async published() {
      return [...new Map((await this.deliveries()).toReversed().map((event) => [event.headers['ce_id'], event])).values()].toReversed();
    },
    async deliveries() {
      return (await readTopic(kafka, topic)).map(({ key, value, headers }) => ({
        key: String(key),
        n: (JSON.parse(String(value)) as { n: number }).n,
        headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, one]) => [name, String(one)])),
      }));
    },
  };
}

interface NewRow {
  readonly id?: string;
  readonly aggregateId: string;
  readonly n: number;
  readonly type?: string;
  /** Of the aggregate. */
  readonly version?: number;
  readonly padding?: string;
}

async function insert(rows: readonly NewRow[], query = (sql: string, parameters: unknown[]): Promise<unknown> => database.query(sql, parameters)): Promise<string[]> {
  const ids: string[] = [];
  for (const { id = newId(), aggregateId, n, type = 'sample.happened', version = null, padding = '' } of rows) {
    await query(
      `INSERT INTO ${schema}.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, aggregate_version) VALUES ($1, $2, 1, $3, $4, 'sample', $5)`,
      [id, type, JSON.stringify({ n, padding }), aggregateId, version],
    );
    ids.push(id);
  }
  return ids;
}

/** Events of a tenant, each of an aggregate of its own. */
async function insertFor(tenantId: string, count: number): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `INSERT INTO ${schema}.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, tenant_id, turn_id)
     SELECT gen_random_uuid(), 'sample.happened', 1, jsonb_build_object('n', n), gen_random_uuid(), 'sample', $1, $1 FROM generate_series(1, $2) AS n
     RETURNING id`,
    [tenantId, count],
  );
  return rows.map(({ id }) => id);
}

async function unpublished(): Promise<number> {
  const [row] = await database.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${schema}.event_outbox WHERE status <> 'published'`);
  return row?.count ?? 0;
}

async function rowOf(id: string): Promise<Row> {
  const [row] = await database.query<Row & Record<string, unknown>>(`SELECT status, processing_attempts, last_error, next_attempt_at, processed_at FROM ${schema}.event_outbox WHERE id = $1`, [id]);
  if (row === undefined) throw new Error('no such row');
  return row;
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('SourcePublisher', () => {
  it('publishes in insertion order per aggregate, over several batches, and marks what it has published', async () => {
    const test = await setup({ policy: { batch: { rows: 20, bytes: 1_000_000 } } });
    const aggregates = numbers(5).map(() => newId());
    const ids = await insert(numbers(50).map((n) => ({ aggregateId: aggregates[n % 5] ?? '', n })));
    const reports = [await test.run(), await test.run(), await test.run()];
    expect(reports.map(({ claimed, full }) => [claimed, full])).toEqual([[20, true], [20, true], [10, false]]);
    const published = await test.published();
    for (const [position, key] of aggregates.entries()) {
      expect(published.filter((event) => event.key === key).map((event) => event.n)).toEqual(numbers(10).map((n) => n * 5 + position));
    }
    expect(new Set(published.map((event) => event.headers['ce_id']))).toEqual(new Set(ids));
    expect(await rowOf(ids[49] ?? '')).toMatchObject({ status: 'published', processed_at: expect.any(Date), processing_attempts: 0 });
    expect(await test.run()).toMatchObject({ claimed: 0 });
  });

  it('writes the headers of the contract out of the row', async () => {
    const test = await setup();
    const [id, aggregateId, tenantId] = [newId(), newId(), newId()];
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await database.query(
      `INSERT INTO ${schema}.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, created_at, tenant_id, aggregate_version, traceparent)
       VALUES ($1, 'sample.happened', 1, '{"n": 1}', $2, 'sample', '2026-11-22T08:00:00.123Z', $3, 7, $4)`,
      [id, aggregateId, tenantId, traceparent],
    );
    await test.run();
    expect(await test.published()).toEqual([
      {
        key: aggregateId,
        n: 1,
        headers: {
          ...{ ce_specversion: '1.0', ce_id: id, ce_source: 'plinth/tenant-service', ce_type: 'sample.happened.v1', ce_time: '2026-11-22T08:00:00.123Z' },
          ...{ ce_subject: aggregateId, ce_dataschema: 'urn:plinth:event:sample.happened:v1', 'content-type': 'application/json' },
          ...{ ce_sequence: '7', ce_eventversion: '1', ce_aggregatetype: 'sample', ce_tenantid: tenantId, ce_traceparent: traceparent },
        },
      },
    ]);
  });

  it('publishes again, with the same ids, what it could not mark', async () => {
    const test = await setup();
    const ids = await insert(numbers(3).map((n) => ({ aggregateId: newId(), n })));
    const dying: Queryable = {
      query: async <T>(sql: string, parameters?: readonly unknown[]): Promise<T[]> => {
        if (sql.includes("SET status = 'published'")) throw new Error('killed before the mark');
        return test.session.query<T>(sql, parameters);
      },
    };
    await expect(test.run(test.publisherOver(dying))).rejects.toThrow('killed before the mark');
    expect((await rowOf(ids[0] ?? '')).status).toBe('pending');
    await test.run();
    const seen = (await test.deliveries()).map((event) => event.headers['ce_id']).sort();
    expect(seen).toEqual([...ids, ...ids].sort());
    expect((await rowOf(ids[0] ?? '')).status).toBe('published');
  });

  it('holds the aggregate of a refused event, and no other, until its tries are used up and it is re-armed', async () => {
    const test = await setup();
    const [held, free] = [newId(), newId()];
    const [first, refused, waiting, other] = await insert([
      { aggregateId: held, n: 1 },
      { aggregateId: held, n: 2, padding: 'x'.repeat(1_500_000) },
      { aggregateId: held, n: 3 },
      { aggregateId: free, n: 4 },
    ]);
    expect(await test.run()).toMatchObject({ published: 2, failed: 1, unavailable: undefined });
    expect(await rowOf(refused ?? '')).toMatchObject({ status: 'processing', processing_attempts: 1, last_error: 'MESSAGE_TOO_LARGE', next_attempt_at: expect.any(Date) });
    for (const attempts of [2, 3, 4, 5]) {
      await eventually(async () => expect(await test.run()).toMatchObject({ failed: 1, published: 0 }));
      expect((await rowOf(refused ?? '')).processing_attempts).toBe(attempts);
    }
    expect(await rowOf(refused ?? '')).toMatchObject({ status: 'failed', last_error: 'MESSAGE_TOO_LARGE', next_attempt_at: null });
    await insert([{ aggregateId: free, n: 5 }]);
    await test.run();
    expect((await test.published()).map((event) => event.n).sort()).toEqual([1, 4, 5]);
    expect([(await rowOf(first ?? '')).status, (await rowOf(waiting ?? '')).status, (await rowOf(other ?? '')).status]).toEqual(['published', 'pending', 'published']);

    await database.query(`UPDATE ${schema}.event_outbox SET payload = '{"n": 2}', status = 'pending', processing_attempts = 0 WHERE id = $1`, [refused]);
    await eventually(async () => {
      await test.run();
      expect((await test.published()).filter((event) => event.key === held).map((event) => event.n)).toEqual([1, 2, 3]);
    });
  });

  it('lets nothing overtake an event that was armed again, while it is not found yet', async () => {
    // Only what stands behind the cursor or has just come is looked at: the event that is armed again lies below.
    const test = await setup({ policy: { deepEveryMs: 600_000, lateWindowMs: 0 } });
    const held = newId();
    const [, failed] = await insert([{ aggregateId: held, n: 1 }, { aggregateId: held, n: 2 }, { aggregateId: held, n: 3 }]);
    await database.query(`UPDATE ${schema}.event_outbox SET status = 'failed' WHERE id = $1`, [failed]);
    await insert([{ aggregateId: newId(), n: 0 }]);
    expect(await test.run()).toMatchObject({ published: 2 });

    await database.query(`UPDATE ${schema}.event_outbox SET status = 'pending', processing_attempts = 0 WHERE id = $1`, [failed]);
    await insert([{ aggregateId: held, n: 4 }]);
    expect(await test.run()).toMatchObject({ published: 0 });

    const successor = test.publisherOver(test.session);
    await eventually(async () => {
      await test.run(successor);
      expect((await rowOf(failed ?? '')).status).toBe('published');
    });
    await eventually(async () => {
      await test.run(test.publisherOver(test.session));
      expect((await test.published()).filter((event) => event.key === held).map((event) => event.n)).toEqual([1, 2, 3, 4]);
    });
  });

  it('lets nothing overtake what waited behind a held event, once that one is published', async () => {
    // What waited lies below the cursor, and nobody looks there again by himself in this test.
    const clock = { nowMs: 0 };
    const test = await setup({ policy: { deepEveryMs: 1000, lateWindowMs: 0 }, nowMs: () => clock.nowMs });
    const held = newId();
    const [, refused] = await insert([{ aggregateId: held, n: 1 }, { aggregateId: held, n: 2, padding: 'x'.repeat(1_500_000) }, { aggregateId: held, n: 3 }]);
    expect(await test.run()).toMatchObject({ published: 1, failed: 1 });
    await insert([{ aggregateId: newId(), n: 0 }]);
    expect(await test.run()).toMatchObject({ published: 1 });
    await database.query(`UPDATE ${schema}.event_outbox SET payload = '{"n": 2}', next_attempt_at = now() WHERE id = $1`, [refused]);
    clock.nowMs = 2000;
    expect(await test.run()).toMatchObject({ published: 1 });
    await insert([{ aggregateId: held, n: 4 }]);
    expect(await test.run()).toMatchObject({ published: 2 });
    expect((await test.published()).filter((event) => event.key === held).map((event) => event.n)).toEqual([1, 2, 3, 4]);
  });

  it('passes over a skipped event, which holds nothing any more and cannot be armed again', async () => {
    const test = await setup();
    const aggregateId = newId();
    const [first] = await insert([{ aggregateId, n: 1 }, { aggregateId, n: 2 }]);
    await database.query(`UPDATE ${schema}.event_outbox SET status = 'failed' WHERE id = $1`, [first]);
    expect(await test.run()).toMatchObject({ claimed: 0 });
    await database.query(`UPDATE ${schema}.event_outbox SET skipped_at = now() WHERE id = $1`, [first]);
    expect(await test.run()).toMatchObject({ published: 1 });
    for (const status of ['pending', 'processing', 'published']) {
      await expect(database.query(`UPDATE ${schema}.event_outbox SET status = $2 WHERE id = $1`, [first, status])).rejects.toMatchObject({ code: '23514' });
    }
    expect((await test.published()).map((event) => event.n)).toEqual([2]);
  });

  it('counts an event without a registered topic as refused, and goes on with other aggregates', async () => {
    const test = await setup();
    const aggregateId = newId();
    const [unknown, behind] = await insert([{ aggregateId, n: 1, type: 'sample.unheard_of' }, { aggregateId, n: 2 }, { aggregateId: newId(), n: 3 }]);
    expect(await test.run()).toMatchObject({ published: 1, failed: 1 });
    expect(await rowOf(unknown ?? '')).toMatchObject({ status: 'processing', last_error: 'unregistered_event' });
    expect(await rowOf(behind ?? '')).toMatchObject({ status: 'pending', processing_attempts: 0 });
  });

  it('never publishes a row that was rolled back, and does publish an earlier row that commits later', async () => {
    const test = await setup();
    const writer = await DatabaseSession.open(database.adminUrl, { applicationName: 'writer' });
    cleanups.push(() => writer.close());
    const within = (sql: string, parameters: unknown[]) => writer.query(sql, parameters);
    await writer.query('BEGIN');
    await insert([{ aggregateId: newId(), n: 1 }], within);
    await insert([{ aggregateId: newId(), n: 2 }]);
    expect(await test.run()).toMatchObject({ published: 1 });
    await writer.query('COMMIT');
    await writer.query('BEGIN');
    await insert([{ aggregateId: newId(), n: 3 }], within);
    await writer.query('ROLLBACK');
    expect(await test.run()).toMatchObject({ published: 1 });
    expect((await test.published()).map((event) => event.n).sort()).toEqual([1, 2]);
  });

  it.each([
    { how: 'in the order of insertion', backlog: 0 },
    { how: 'in turns', backlog: 60 },
  ])('publishes what commits late before the next event of its aggregate, though that is seen first, $how', async ({ backlog }) => {
    let ms = 0;
    const batch = { rows: 10, bytes: 1024 * 1024 };
    const test = await setup({ policy: { deepEveryMs: 1000, batch }, nowMs: () => ms });
    const writer = await DatabaseSession.open(database.adminUrl, { applicationName: 'writer' });
    cleanups.push(() => writer.close());
    const aggregateId = newId();
    await test.run(); // the look at everything: the next one is due in a second
    await insertFor(newId(), backlog);
    await writer.query('BEGIN');
    await insert([{ aggregateId, n: 1, version: 1 }], (sql, parameters) => writer.query(sql, parameters));
    // Later ones of others take the looks past it, and past the stretch that is looked at again.
    for (ms of [100, 400, 800]) {
      await insert([{ aggregateId: newId(), n: 0, version: 1 }]);
      await test.run();
    }
    await writer.query('COMMIT');
    await insert([{ aggregateId, n: 2, version: 2 }, { aggregateId, n: 3, version: 3 }]);
    await test.run();
    ms = 2000; // whatever went wrong, a look at everything ends it
    while ((await unpublished()) > 0) await test.run();
    expect((await test.deliveries()).filter(({ key }) => key === aggregateId).map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  it('uses up no tries while the broker is away', async () => {
    const door = await openDoor(testKafkaBrokers()[0] ?? '');
    await door.shut();
    const test = await setup({ brokers: [door.address] });
    const ids = await insert(numbers(3).map((n) => ({ aggregateId: newId(), n })));
    for (const _ of numbers(7)) expect(await test.run()).toMatchObject({ claimed: 3, published: 0, failed: 0, unavailable: 'ECONNREFUSED' });
    expect(await rowOf(ids[0] ?? '')).toMatchObject({ status: 'pending', processing_attempts: 0, last_error: null });
    await door.open();
    cleanups.push(() => door.shut());
    expect(await test.run()).toMatchObject({ published: 3 });
  });

  it('claims no more than its bound of bytes, and a single larger event alone', async () => {
    const test = await setup({ policy: { batch: { rows: 100, bytes: 50_000 } } });
    await insert([...numbers(5).map((n) => ({ aggregateId: newId(), n, padding: 'x'.repeat(20_000) })), { aggregateId: newId(), n: 5, padding: 'x'.repeat(80_000) }]);
    const claims = [];
    for (const _ of numbers(3)) claims.push(await test.publisher.runOnce(never));
    expect(claims.map(({ claimed, full }) => [claimed, full])).toEqual([[3, true], [3, false], [0, false]]);
  });

  it('lets tenants take turns: an event of one is published while a backlog of another drains, and none is lost', async () => {
    const test = await setup({ policy: { batch: { rows: 100, bytes: 1_000_000 }, deepEveryMs: 1000 } });
    const [many, few] = [newId(), newId()];
    await insertFor(many, 2000);
    await test.publisher.runOnce(never);
    await test.publisher.runOnce(never);
    const [single] = [await insertFor(few, 1)];
    let batches = 0;
    while ((await rowOf(single[0] ?? '')).status !== 'published') {
      await test.publisher.runOnce(never);
      batches += 1;
    }
    // One that was read before it came, its own, and the one that marks it.
    expect(batches).toBeLessThanOrEqual(3);
    expect(await unpublished()).toBeGreaterThan(1000);
    for (let more = true; more; ) more = (await test.publisher.runOnce(never)).full;
    await test.publisher.settle();
    expect(await unpublished()).toBe(0);
    expect((await test.deliveries()).length).toBe(2001);
  });

  it('keeps the order of an aggregate whose events are told for several tenants, while a backlog drains', async () => {
    const test = await setup({ policy: { batch: { rows: 20, bytes: 1_000_000 } } });
    const [user, home, other] = [newId(), newId(), newId()];
    await database.query(
      `INSERT INTO ${schema}.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, tenant_id, turn_id)
       SELECT gen_random_uuid(), 'sample.happened', 1, jsonb_build_object('n', n), $1, 'sample', CASE WHEN n % 2 = 0 THEN $2::uuid ELSE $3::uuid END, $2
       FROM generate_series(0, 199) AS n`,
      [user, home, other],
    );
    for (let more = true; more; ) more = (await test.publisher.runOnce(never)).full;
    await test.publisher.settle();
    expect((await test.deliveries()).map(({ n }) => n)).toEqual(numbers(200));
  });

  it('sends nothing while its lease may end under it, and goes on with the next one', async () => {
    const test = await setup();
    const [id] = await insert([{ aggregateId: newId(), n: 1 }]);
    test.lease.good = false;
    expect(await test.run()).toMatchObject({ claimed: 1, published: 0, failed: 0, unavailable: undefined });
    expect(await test.published()).toEqual([]);
    test.lease.good = true;
    await eventually(async () => expect(await test.run()).toMatchObject({ published: 1 }));
    expect((await rowOf(id ?? '')).status).toBe('published');
  });

  it('sends nothing once it is told to stop', async () => {
    const test = await setup();
    const [id] = await insert([{ aggregateId: newId(), n: 1 }]);
    expect(await test.run(test.publisher, AbortSignal.abort())).toMatchObject({ published: 0 });
    expect((await rowOf(id ?? '')).status).toBe('pending');
    expect(await test.published()).toEqual([]);
  });
});
