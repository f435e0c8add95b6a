import { randomBytes } from 'node:crypto';
import { rolesOf } from '@plinth/contracts';
import { migrate, provisionService, type Migration } from '@plinth/database';
import pg from 'pg';
import { testDatabaseUrl } from './test-servers.js';

/** A schema with what brings it to its newest version. */
export interface TestSchema {
  readonly schema: string;
  readonly migrations: readonly Migration[];
}

/** A database of its own for a test file, with the schemas migrated. */
export class TestDatabase {
  private constructor(
    readonly name: string,
    /** The superuser, who may tamper. */
    readonly adminUrl: string,
  ) {}

  /** Made on the server of `PLINTH_TEST_DATABASE_URL`. @throws Error that names the variable where no server answers */
  static async create(schemas: readonly TestSchema[]): Promise<TestDatabase> {
    const name = `plinth_test_${randomBytes(6).toString('hex')}`;
    await administer(testDatabaseUrl(), `CREATE DATABASE ${name}`);
    const url = new URL(testDatabaseUrl());
    url.pathname = `/${name}`;
    const database = new TestDatabase(name, url.toString());
    for (const { schema, migrations } of schemas) {
      await provisionService(database.adminUrl, { schema });
      await migrate(database.urlAs(rolesOf(schema).owner), schema, migrations, 'up');
    }
    return database;
  }

  /**
   * A connection that is the role for every check that PostgreSQL makes, without its password: the
   * roles belong to the cluster, and a running stack may use them at the same time.
   */
  urlAs(role: string): string {
    const url = new URL(this.adminUrl);
    url.searchParams.set('options', `-c role=${role}`);
    return url.toString();
  }

  /** As the role that serves requests: row-level security binds it. */
  appUrl(schema: string): string {
    return this.urlAs(rolesOf(schema).app);
  }

  /** As the role of the few queries that look across tenants. */
  systemUrl(schema: string): string {
    return this.urlAs(rolesOf(schema).system);
  }

  /** Rows of a query of the superuser. */
  async query<T extends pg.QueryResultRow = Record<string, unknown>>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return await withClient(this.adminUrl, async (client) => (await client.query<T>(sql, parameters)).rows);
  }

  /** Drops it with whatever is still connected, so that a leaked connection fails no clean-up. */
  async drop(): Promise<void> {
    await administer(testDatabaseUrl(), `DROP DATABASE ${this.name} WITH (FORCE)`);
  }
}

async function administer(url: string, sql: string): Promise<void> {
  await withClient(url, (client) => client.query(sql));
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
  } catch (error) {
    throw new Error(`the test database cannot be reached (${(error as { code?: string }).code ?? 'no answer'}): is the server of PLINTH_TEST_DATABASE_URL running?`, { cause: error });
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
