import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { databaseUrlFile, urlAs, writeDatabaseUrls } from './database-urls.ts';
import { claimantOf, claimDatabase, refuseUnusableServers } from './external-parts.ts';
import { quiet } from './output.ts';
import type { Home } from './paths.ts';
import { migrateAll, provision } from './provision.ts';
import { services } from './services.ts';
import { createTestHome, removeTestHome } from './test-stack.ts';
import { query, startForeignPostgres, type ForeignServer } from './testing.ts';

async function createKeeper(url: string, attributes: string): Promise<string> {
  await query(url, `CREATE ROLE keeper LOGIN ${attributes} PASSWORD 'keeper-password'`);
  await query(url, 'CREATE DATABASE kept OWNER keeper');
  const kept = new URL(urlAs(url, 'keeper', 'keeper-password'));
  kept.pathname = '/kept';
  return kept.toString();
}

async function provisioned(url: string): Promise<Home> {
  const home = createTestHome();
  writeDatabaseUrls(home, url);
  await provision(home, url);
  await migrateAll(home, url, quiet);
  await claimDatabase(url, claimantOf(home));
  return home;
}

describe.each([
  ['a superuser', 20_080, (url: string) => Promise.resolve(url)],
  ['an administrator that is none, but may create roles and databases', 21_080, (url: string) => createKeeper(url, 'CREATEROLE CREATEDB')],
])('an external PostgreSQL, given by %s', (_, lowestPort, administrator) => {
  let server: ForeignServer;
  let url: string;
  let home: Home;

  beforeAll(async () => {
    server = await startForeignPostgres(lowestPort);
    url = await administrator(server.address);
    home = await provisioned(url);
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    await removeTestHome(home);
  }, 30_000);

  it('gets every schema, migrated, and roles that can sign in and are bound by row-level security', async () => {
    const migrated = await query<{ schema: string }>(url, "SELECT schemaname AS schema FROM pg_tables WHERE tablename = 'schema_migration' ORDER BY 1");
    expect(migrated.map(({ schema }) => schema)).toEqual(services.map(({ schema }) => schema).sort());
    for (const service of services) {
      const own = readFileSync(databaseUrlFile(home, service, 'app'), 'utf8').trim();
      expect(await query(own, 'SELECT rolsuper, rolbypassrls, rolname FROM pg_roles WHERE rolname = current_user')).toEqual([
        { rolsuper: false, rolbypassrls: false, rolname: `plinth_${service.schema}_app` },
      ]);
    }
  });

  it('takes the same start again without change', async () => {
    await expect(refuseUnusableServers(home, { databaseUrl: url })).resolves.toBeUndefined();
    await provision(home, url);
    expect(await migrateAll(home, url, quiet)).toEqual([]);
  });

  it('gives the roles back what was taken from them since, and says what it was', async () => {
    const may = () => query(url, `SELECT has_table_privilege('plinth_tenancy_app', 'tenancy.tenant', 'SELECT') AND has_function_privilege('plinth_scheduler_system', 'tenancy.purge_outbox(timestamptz, int)', 'EXECUTE') AND rolcanlogin AS may FROM pg_roles WHERE rolname = 'plinth_tenancy_app'`);
    expect(await may()).toEqual([{ may: true }]);
    await query(url, `SET ROLE plinth_tenancy_owner; REVOKE SELECT ON tenancy.tenant FROM plinth_tenancy_app; REVOKE ALL ON FUNCTION tenancy.purge_outbox FROM plinth_scheduler_system; RESET ROLE; ALTER ROLE plinth_tenancy_app NOLOGIN`);
    const said: string[] = [];
    await provision(home, url);
    await migrateAll(home, url, (line) => said.push(line));
    expect(await may()).toEqual([{ may: true }]);
    expect(said).toEqual([expect.stringMatching(/^tenant-service had lost rights, which it has again: EXECUTE on FUNCTION tenancy\.purge_outbox\(.+\) for plinth_scheduler_system; SELECT on TABLE tenancy\.tenant for plinth_tenancy_app$/)]);
  });

  it('is refused to another stack while services of the first are connected, and given to it after', async () => {
    const other = createTestHome();
    const service = new pg.Client({ connectionString: readFileSync(databaseUrlFile(home, services[1] as (typeof services)[number], 'app'), 'utf8').trim() });
    await service.connect();
    await expect(refuseUnusableServers(other, { databaseUrl: url })).rejects.toThrow(`DATABASE_URL: this PostgreSQL is in use by the stack of ${claimantOf(home).place}`);
    await expect(refuseUnusableServers(home, { databaseUrl: url })).resolves.toBeUndefined();
    await service.end();
    await expect(refuseUnusableServers(other, { databaseUrl: url })).resolves.toBeUndefined();
    await removeTestHome(other);
  });
});

describe('external servers that cannot be used', () => {
  const home = createTestHome();
  const testUrl = process.env['PLINTH_TEST_DATABASE_URL'] ?? '';
  afterAll(() => removeTestHome(home));

  it.each([
    ['that nobody serves', () => 'postgresql://a:b@127.0.0.1:1/plinth', 'DATABASE_URL: PostgreSQL does not answer'],
    ['with a wrong password', () => urlAs(testUrl, 'postgres', 'wrong'), 'DATABASE_URL: PostgreSQL refuses the login'],
    ['of a database that is not there', () => testUrl.replace(/\/plinth$/, '/absent'), 'DATABASE_URL: PostgreSQL has no such database'],
  ])('a URL %s is one line that says so, without the password', async (_, url, line) => {
    const refused = refuseUnusableServers(home, { databaseUrl: url() });
    await expect(refused).rejects.toThrow(line);
    await expect(refused).rejects.not.toThrow(/wrong|a:b/);
  });

  it('a user who may not create roles is told so', async () => {
    const name = `keeper_${randomBytes(4).toString('hex')}`;
    await query(testUrl, `CREATE ROLE ${name} LOGIN PASSWORD 'keeper-password'`);
    try {
      const refused = provision(home, urlAs(testUrl, name, 'keeper-password'));
      await expect(refused).rejects.toThrow(/refuses to create schemas and roles: permission denied .+ \(a DATABASE_URL must be an administrator's\)/);
    } finally {
      await query(testUrl, `DROP ROLE ${name}`);
    }
  });

  it('brokers where nothing answers are one line', async () => {
    await expect(refuseUnusableServers(home, { kafkaBrokers: ['127.0.0.1:1'] })).rejects.toThrow('KAFKA_BROKERS: no Kafka answers at 127.0.0.1:1');
  });

  it('a Kafka from which another stack consumes is refused', async () => {
    // The tests' brokers are those of a stack that runs.
    const brokers = (process.env['PLINTH_TEST_KAFKA_BROKERS'] ?? '').split(',');
    await expect(refuseUnusableServers(home, { kafkaBrokers: brokers })).rejects.toThrow('KAFKA_BROKERS: another stack consumes from');
  });
});
