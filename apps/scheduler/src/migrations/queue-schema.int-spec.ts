import { rolesOf } from '@plinth/contracts';
import { DatabaseSession, migrate } from '@plinth/database';
import { TestDatabase } from '@plinth/testing';
import { migrations, schema } from './index.js';
import { installQueue, removeQueue } from './queue-schema.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await TestDatabase.create([{ schema, migrations }]);
});
afterEach(() => database.drop());

const ownerUrl = () => database.urlAs(rolesOf(schema).owner);

async function objects(): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = $1::regnamespace
     UNION ALL SELECT typname FROM pg_type WHERE typnamespace = $1::regnamespace AND typtype <> 'b'`,
    [schema],
  );
  return rows.map(({ name }) => name);
}

describe("the queue's tables", () => {
  it('belong to the owner, however often and from however many places they are installed', async () => {
    await Promise.all([installQueue(ownerUrl()), installQueue(ownerUrl())]);
    await installQueue(ownerUrl());
    const owners = await database.query(`SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = $1`, [schema]);
    expect(owners).toEqual([{ tableowner: rolesOf(schema).owner }]);
    expect(await objects()).toEqual(expect.arrayContaining(['_private_jobs', 'add_job', 'enqueue_run']));
  });

  it('are out of reach of the app role, which enqueues by the function alone', async () => {
    await installQueue(ownerUrl());
    const session = await DatabaseSession.open(database.appUrl(schema), { applicationName: 'test' });
    await expect(session.query(`SELECT id FROM ${schema}._private_jobs`)).rejects.toMatchObject({ code: '42501' });
    await expect(session.query(`SELECT ${schema}.add_job('job_due', '{}')`)).rejects.toMatchObject({ code: '42501' });
    await session.query(`SELECT ${schema}.enqueue_run(gen_random_uuid(), now())`);
    await session.close();
  });

  it('go away with the migrations, and nothing of them stays', async () => {
    await installQueue(ownerUrl());
    await removeQueue(ownerUrl());
    await migrate(ownerUrl(), schema, migrations, 'down');
    expect((await objects()).filter((name) => !name.startsWith('schema_migration'))).toEqual([]);
    await migrate(ownerUrl(), schema, migrations, 'up');
    await installQueue(ownerUrl());
  });
});
