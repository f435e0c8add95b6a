import { rolesOf } from '@plinth/contracts';
import { DatabaseSession, Transactor } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { TestDatabase } from '@plinth/testing';
import { inboxMigrations, recordInInbox } from './inbox.js';

const schema = 'inbox_rows_test';
const nobody = { tenantId: null, principalId: null };

let database: TestDatabase;
let transactor: Transactor;
beforeAll(async () => {
  database = await TestDatabase.create([{ schema, migrations: inboxMigrations(schema) }]);
  const url = database.appUrl(schema);
  transactor = new Transactor({ appDatabaseUrl: url, systemDatabaseUrl: url, poolSize: 5, applicationName: 'inbox-test' });
});
afterAll(async () => {
  await transactor.close();
  await database.drop();
});

const someEvents = (count: number) => Array.from({ length: count }, (_, n) => ({ id: newId(), topic: 'plinth.sample', partition: 0, offset: String(n), source: 'plinth/test', time: new Date(1_764_000_000_000 + n) }));
const record = (group: string, events: ReturnType<typeof someEvents>) => transactor.run(nobody, (tx) => recordInInbox(tx, schema, group, events));

describe('recordInInbox', () => {
  it('returns what is new, each once and in the order given', async () => {
    const [first, second, third, fourth] = someEvents(4);
    expect(await record('g', [second!])).toEqual([second]);
    const again = { ...third!, offset: '9' };
    expect(await record('g', [fourth!, third!, second!, again, first!])).toEqual([fourth, third, first]);
    expect(await record('g', [first!, fourth!])).toEqual([]);
  });

  it('keeps where and when an event was told, and of a source only what could be one', async () => {
    const [ours, other, late] = someEvents(3);
    await record('told', [ours!, { ...other!, source: `plinth/\0${'x'.repeat(100_000)}` }, { ...late!, time: new Date(8.64e15) }]);
    const rows = await database.query(`SELECT event_id, source, event_time FROM ${schema}.inbox WHERE consumer_group = 'told' ORDER BY "offset"`);
    expect(rows).toEqual([
      { event_id: ours!.id, source: 'plinth/test', event_time: ours!.time },
      { event_id: other!.id, source: null, event_time: other!.time },
      { event_id: late!.id, source: 'plinth/test', event_time: new Date(8.64e15) },
    ]);
  });

  it('may be read by the relay, and changed by nobody but its service', async () => {
    const as = async (sql: string) => {
      const session = await DatabaseSession.open(database.urlAs(rolesOf('relay').system), { applicationName: 'inbox-test' });
      return await session.query(sql).finally(() => session.close());
    };
    await expect(as(`SELECT consumer_group, event_id, received_at FROM ${schema}.inbox LIMIT 1`)).resolves.toHaveLength(1);
    await expect(as(`DELETE FROM ${schema}.inbox`)).rejects.toMatchObject({ code: '42501' });
    await expect(as(`UPDATE ${schema}.inbox SET topic = ''`)).rejects.toMatchObject({ code: '42501' });
  });

  it('keeps the groups apart', async () => {
    const events = someEvents(2);
    expect(await record('one', events)).toEqual(events);
    expect(await record('other', events)).toEqual(events);
  });

  it('gives each event to one of two consumers that have the same ones at the same time, in whatever order', async () => {
    for (let round = 0; round < 10; round += 1) {
      const events = someEvents(300);
      const taken = await Promise.all([record('race', events), record('race', events.toReversed())]);
      expect(taken.flat().map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort());
    }
  });
});
