import { Transactor } from '@plinth/database';
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

const someEvents = (count: number) => Array.from({ length: count }, (_, n) => ({ id: newId(), topic: 'plinth.sample', partition: 0, offset: String(n) }));
const record = (group: string, events: ReturnType<typeof someEvents>) => transactor.run(nobody, (tx) => recordInInbox(tx, schema, group, events));

describe('recordInInbox', () => {
  it('returns what is new, each once and in the order given', async () => {
    const [first, second, third, fourth] = someEvents(4);
    expect(await record('g', [second!])).toEqual([second]);
    const again = { ...third!, offset: '9' };
    expect(await record('g', [fourth!, third!, second!, again, first!])).toEqual([fourth, third, first]);
    expect(await record('g', [first!, fourth!])).toEqual([]);
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
