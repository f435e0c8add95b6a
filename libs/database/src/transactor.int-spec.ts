import { Problem, reject } from '@plinth/kernel';
import { eventually, TestDatabase } from '@plinth/testing';
import type { Migration } from './migrator.js';
import { migrate } from './migrator.js';
import { isUniqueViolation } from './errors.js';
import type { Scope } from './scope.js';
import { DatabaseSession } from './session.js';
import { Transactor } from './transactor.js';
import type { Tx } from './tx.js';
import { unitOf } from './unit-of-work.js';

const schema = 'sample';
const tenantA = '019a0000-0000-7000-8000-00000000000a';
const tenantB = '019a0000-0000-7000-8000-00000000000b';
const things: Migration = {
  name: '0001_things',
  up: `
    CREATE TABLE sample.thing (id int PRIMARY KEY, tenant_id uuid NOT NULL, CONSTRAINT thing_once UNIQUE (tenant_id, id));
    ALTER TABLE sample.thing ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON sample.thing TO plinth_sample_app;
    CREATE POLICY app_own ON sample.thing TO plinth_sample_app
      USING (tenant_id = nullif(current_setting('plinth.tenant_id', true), '')::uuid);
    GRANT SELECT ON sample.thing TO plinth_sample_system;
    CREATE POLICY system_all ON sample.thing TO plinth_sample_system USING (true);`,
  down: 'DROP TABLE sample.thing;',
};

describe('Transactor', () => {
  let database: TestDatabase;
  let transactor: Transactor;

  beforeAll(async () => {
    database = await TestDatabase.create([{ schema, migrations: [things] }]);
    // Two connections, so that scopes share them.
    transactor = new Transactor({ appDatabaseUrl: database.appUrl(schema), systemDatabaseUrl: database.systemUrl(schema), poolSize: 2, applicationName: 'test' });
  });

  afterAll(async () => {
    await transactor.close();
    await database.drop();
  });

  const scope = (tenantId: string | null) => ({ tenantId, principalId: null });
  const add = (tenantId: string, id: number) =>
    transactor.run(scope(tenantId), (tx) => tx.query('INSERT INTO sample.thing VALUES ($1, $2)', [id, tenantId]));
  const idsSeenBy = (tenantId: string | null) =>
    transactor.read(scope(tenantId), async (conn) => (await conn.query<{ id: number }>('SELECT id FROM sample.thing ORDER BY id')).map(({ id }) => id));

  it('tells who listens, and gives its connection back', async () => {
    const session = await DatabaseSession.open(database.appUrl(schema), { applicationName: 'test' });
    const heard: string[] = [];
    await session.listen('sample', (payload) => heard.push(payload));
    // More often than there are connections.
    for (let n = 0; n < 5; n += 1) await transactor.notify('sample', String(n));
    await eventually(() => expect(heard).toEqual(['0', '1', '2', '3', '4']));
    await session.close();
  });

  it("shows a tenant its own rows, and nobody's to a transaction without a tenant", async () => {
    await add(tenantA, 1);
    await add(tenantB, 2);
    expect(await idsSeenBy(tenantA)).toEqual([1]);
    expect(await idsSeenBy(tenantB)).toEqual([2]);
    expect(await idsSeenBy(null)).toEqual([]);
  });

  it('keeps interleaved tenants apart on two connections', async () => {
    const seen = await Promise.all(Array.from({ length: 60 }, (_, i) => idsSeenBy([tenantA, tenantB, null][i % 3] ?? null)));
    expect(seen.every((ids, i) => !ids.includes(i % 3 === 0 ? 2 : 1) && (i % 3 !== 2 || ids.length === 0))).toBe(true);
  });

  it('leaves nothing of what it has set to whoever has the connection next, however the transaction ended', async () => {
    const single = new Transactor({ appDatabaseUrl: database.appUrl(schema), systemDatabaseUrl: database.systemUrl(schema), poolSize: 1, applicationName: 'single' });
    const asked = { tenantId: tenantA, principalId: tenantB, opening: { settings: { 'plinth.more': 'more' }, statements: [], opened: () => undefined } };
    const settings = `SELECT current_setting('plinth.tenant_id', true) || current_setting('plinth.principal_id', true) || current_setting('plinth.more', true) AS left_behind`;
    const ends: ((tx: Tx) => Promise<unknown>)[] = [
      async () => undefined,
      async () => {
        throw new Error('stop');
      },
      (tx) => tx.query('SELECT 1/0'),
      (tx) => tx.savepoint(() => tx.query('SELECT 1/0')),
    ];
    try {
      for (const end of ends) {
        await single.run(asked, end).catch(() => undefined);
        const left = await single.run({ tenantId: null, principalId: null }, async (tx) => {
          await tx.query('ROLLBACK'); // what the Transactor sets for this one is gone with it
          return await tx.query(settings);
        });
        expect(left).toEqual([{ left_behind: '' }]);
      }
    } finally {
      await single.close();
    }
  });

  it("refuses to write another tenant's row", async () => {
    await expect(transactor.run(scope(tenantA), (tx) => tx.query('INSERT INTO sample.thing VALUES (99, $1)', [tenantB]))).rejects.toMatchObject({ code: '42501' });
  });

  it('shows the system role all rows, and lets it write none', async () => {
    const all = await transactor.readSystem('all_things', (conn) => conn.query('SELECT id FROM sample.thing'));
    expect(all).toHaveLength(2);
    await expect(transactor.runSystem('add_thing', (tx) => tx.query('INSERT INTO sample.thing VALUES (98, $1)', [tenantA]))).rejects.toMatchObject({ code: '42501' });
  });

  it('rolls back what a thrown error leaves, and commits a rejection', async () => {
    const insert = (id: number, end: () => unknown) =>
      transactor.run(scope(tenantA), async (tx) => {
        await tx.query('INSERT INTO sample.thing VALUES ($1, $2)', [id, tenantA]);
        return end();
      });
    await expect(
      insert(10, () => {
        throw new Problem('no', 'conflict');
      }),
    ).rejects.toMatchObject({ code: 'no' });
    await insert(11, () => reject(new Problem('no', 'conflict')));
    expect(await idsSeenBy(tenantA)).toEqual([1, 11]);
  });

  it('goes on after a database error inside a savepoint, and is doomed by one that is swallowed', async () => {
    await transactor.run(scope(tenantA), async (tx) => {
      const error: unknown = await tx.savepoint(() => tx.query('INSERT INTO sample.thing VALUES (1, $1)', [tenantA])).catch((thrown: unknown) => thrown);
      expect(isUniqueViolation(error, 'thing_pkey')).toBe(true);
      await tx.query('INSERT INTO sample.thing VALUES (20, $1)', [tenantA]);
    });
    expect(await idsSeenBy(tenantA)).toContain(20);
    const doomed = transactor.run(scope(tenantA), async (tx) => {
      await tx.query('INSERT INTO sample.thing VALUES (21, $1)', [tenantA]);
      await tx.query('INSERT INTO sample.thing VALUES (1, $1)', [tenantA]).catch(() => undefined);
    });
    await expect(doomed).rejects.toThrow('doomed');
    expect(await idsSeenBy(tenantA)).not.toContain(21);
  });

  it('commits nothing where a closing statement fails, though COMMIT is sent right behind it', async () => {
    const closing = transactor.run(scope(tenantA), async (tx) => {
      await tx.query('INSERT INTO sample.thing VALUES (25, $1)', [tenantA]);
      unitOf(tx).beforeCommit(() => ({ sql: 'INSERT INTO sample.thing VALUES ($1, $2)', parameters: [25, tenantA] }));
    });
    await expect(closing).rejects.toMatchObject({ code: '23505' });
    expect(await idsSeenBy(tenantA)).not.toContain(25);
  });

  it('runs closing statements last, in the order of their registration, and the one given to the commit before them', async () => {
    const request: Scope = { ...scope(tenantA), deferCommit: true };
    const following = (id: number) => ({ sql: 'INSERT INTO sample.thing SELECT id + 1, tenant_id FROM sample.thing WHERE id = $1', parameters: [id] });
    await transactor.run(request, async (tx) => {
      unitOf(tx).beforeCommit(() => following(50));
      unitOf(tx).beforeCommit(() => null);
      unitOf(tx).beforeCommit(() => following(51));
    });
    await request.unit?.commit({ sql: 'INSERT INTO sample.thing VALUES ($1, $2)', parameters: [50, tenantA] });
    expect(await idsSeenBy(tenantA)).toEqual(expect.arrayContaining([50, 51, 52]));
  });

  it('joins the open transaction of its scope', async () => {
    const request: Scope = { ...scope(tenantA), deferCommit: true };
    await transactor.run(request, (tx) => tx.query('INSERT INTO sample.thing VALUES (30, $1)', [tenantA]));
    expect(await transactor.read(request, (conn) => conn.query('SELECT id FROM sample.thing WHERE id = 30'))).toHaveLength(1);
    expect(await idsSeenBy(tenantA)).not.toContain(30);
    await request.unit?.commit();
    expect(await idsSeenBy(tenantA)).toContain(30);
  });

  it('reads without being able to write', async () => {
    const write = transactor.read(scope(tenantA), (conn) => conn.query('INSERT INTO sample.thing VALUES (40, $1)', [tenantA]));
    await expect(write).rejects.toMatchObject({ code: '25006' });
  });

  it('answers 503 with Retry-After within 5 s where PostgreSQL is away', async () => {
    const away = new Transactor({ appDatabaseUrl: 'postgres://x:y@127.0.0.1:1/none', systemDatabaseUrl: 'postgres://x:y@127.0.0.1:1/none', poolSize: 1, applicationName: 'test' });
    const began = performance.now();
    await expect(away.ping()).rejects.toMatchObject({ code: 'database_unavailable', status: 503, extra: { headers: { 'retry-after': '1' } } });
    await expect(away.notify('sample', '')).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(performance.now() - began).toBeLessThan(5_000);
    await away.close();
  });

  it('recovers by itself after its connections were cut', async () => {
    await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test' AND datname = current_database()`);
    await transactor.ping().catch(() => undefined);
    expect(await idsSeenBy(tenantA)).toContain(1);
  });

  it('answers 503 where the connection breaks between two statements, to those of the ORM too', async () => {
    const broken = transactor.run(scope(tenantA), async (tx) => {
      const [row] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await database.query('SELECT pg_terminate_backend($1)', [row?.pid]);
      await eventually(() => expect(tx.queryRunner?.isReleased).toBe(true));
      await tx.queryRunner?.query('SELECT 1');
    });
    await expect(broken).rejects.toMatchObject({ code: 'database_unavailable', status: 503 });
    expect(await idsSeenBy(tenantA)).toContain(1);
  });

  it('does not let SQL in through an id', async () => {
    await expect(idsSeenBy("x'; DROP TABLE sample.thing; --")).rejects.toThrow('not a UUID');
  });
});

describe('migrate', () => {
  it('goes up once, down again, and refuses an edited migration', async () => {
    const database = await TestDatabase.create([{ schema, migrations: [things] }]);
    const owner = database.urlAs('plinth_sample_owner');
    try {
      expect((await migrate(owner, schema, [things], 'up')).changed).toEqual([]);
      await expect(migrate(owner, schema, [{ ...things, up: `${things.up} SELECT 1` }], 'up')).rejects.toThrow(/0001_things changed after being applied/);
      expect((await migrate(owner, schema, [things], 'down')).changed).toEqual(['0001_things']);
      expect(await database.query("SELECT 1 FROM information_schema.tables WHERE table_schema = 'sample' AND table_name = 'thing'")).toEqual([]);
      expect((await migrate(owner, schema, [things], 'up')).changed).toEqual(['0001_things']);
    } finally {
      await database.drop();
    }
  });

  it('undoes the whole of a migration that fails', async () => {
    const broken: Migration = { name: '0002_broken', up: 'CREATE TABLE sample.half (id int); SELECT 1/0;', down: '' };
    const database = await TestDatabase.create([{ schema, migrations: [things] }]);
    try {
      await expect(migrate(database.urlAs('plinth_sample_owner'), schema, [things, broken], 'up')).rejects.toThrow(/0002_broken/);
      expect(await database.query("SELECT 1 FROM information_schema.tables WHERE table_name = 'half'")).toEqual([]);
    } finally {
      await database.drop();
    }
  });
});
