import { rolesOf } from '@plinth/contracts';
import { DatabaseSession, type Queryable } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { outboxMigrations, platformTurn } from '@plinth/outbox';
import { TestDatabase } from '@plinth/testing';
import { OutboxTable } from './outbox-table.js';

const schema = 'tenancy';
const partitions = Array.from({ length: 64 }, (_, n) => n);

let database: TestDatabase;
let session: DatabaseSession;

beforeAll(async () => {
  database = await TestDatabase.create([{ schema, migrations: outboxMigrations(schema) }]);
  session = await DatabaseSession.open(database.urlAs(rolesOf('relay').system), { applicationName: 'relay-test' });
  await new OutboxTable(session, schema).prepare();
});
afterAll(async () => {
  await session.close();
  await database.drop();
});

const insertMany = (count: number, status: string) =>
  database.query(
    `INSERT INTO ${schema}.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, status)
     SELECT gen_random_uuid(), 'sample.happened', 1, '{"n": 1}', ('00000000-0000-7000-8000-' || lpad((n % 20)::text, 12, '0'))::uuid, 'sample', $2
     FROM generate_series(1, $1) AS n`,
    [count, status],
  );

/** The ways into the outbox that a query of the table's takes, in the order of its plan; nothing is run. */
async function waysOf(query: (table: OutboxTable) => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const explaining: Queryable = {
    async query<R>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> {
      const plan = await session.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, parameters);
      lines.push(...plan.map((row) => row['QUERY PLAN']));
      return [];
    },
  };
  await query(new OutboxTable(explaining, schema));
  return lines.flatMap((line) => /(Seq Scan|(?<=using |Bitmap Index Scan on )\w+)(?=.* on event_outbox| {2}\(cost)/.exec(line)?.[1] ?? []);
}

describe('with statistics of a time without a backlog', () => {
  beforeAll(async () => {
    await insertMany(50_000, 'published');
    await database.query(`ANALYZE ${schema}.event_outbox`);
    await insertMany(5000, 'pending');
  });

  const [unpublished, turns, held, aggregate, key] = ['idx_outbox_unpublished', 'idx_outbox_turns', 'idx_outbox_held', 'idx_outbox_aggregate', 'event_outbox_pkey'];
  const some = Array.from({ length: 1000 }, () => newId());
  const bounds = { rows: 500, bytes: 1_000_000 };
  const turn = { turnId: platformTurn, after: 50_000, maxBytes: 1_000_000 };

  it.each<[string, (table: OutboxTable) => Promise<unknown>, readonly string[]]>([
    ['reads in order from the front of the index of what waits', (table) => table.readInOrder(partitions, { cursor: 52_000, lateFrom: 51_000, inHand: some }, bounds), [unpublished, held, unpublished, held]],
    ['reads turns from the front of each queue', (table) => table.readTurns(partitions, [turn], 500), [turns, held]],
    ['finds the first queue at the front of the index', (table) => table.findTurns(), [turns]],
    ['finds the last event at the end of the index', (table) => table.findLast(), [unpublished]],
    ['finds arrivals behind a sequence', (table) => table.findArrivals(54_000, some), [unpublished]],
    ['finds what was left behind at the front of each queue', (table) => table.findLeftBehind(partitions, [turn], some), [turns, held]],
    ['finds what waits before an event by its aggregate', (table) => table.findWaitingBefore([{ aggregate_type: 'sample', aggregate_id: newId(), turn_id: platformTurn, sequence: '52000' }], some), [aggregate]],
    ['marks by the ids', (table) => table.markPublished(some), [key]],
    ['records failures by the ids', (table) => table.recordFailures(some.slice(0, 10).map((id) => ({ id, error: 'refused', retryInMs: 1 })), 5), [key]],
  ])('%s', async (_, query, ways) => {
    expect(await waysOf(query)).toEqual(ways);
  });
});
