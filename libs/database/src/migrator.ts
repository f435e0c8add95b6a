import { createHash } from 'node:crypto';
import pg from 'pg';

/** A numbered change of a schema, as plain SQL that the schema's owner runs in one transaction. */
export interface Migration {
  /** `<number>_<name>`, e.g. `0001_outbox`; never changed once shipped. */
  readonly name: string;
  readonly up: string;
  readonly down: string;
}

/** What a run did: the migrations applied or reverted, in order. */
export interface MigrationReport {
  readonly schema: string;
  readonly changed: readonly string[];
}

/**
 * Brings a schema to the newest version (`up`), or back to nothing (`down`, newest first). Replicas
 * that start together queue on an advisory lock.
 *
 * @throws Error where an applied migration was edited afterwards, or SQL fails (that one is rolled back)
 */
export async function migrate(
  ownerUrl: string,
  schema: string,
  migrations: readonly Migration[],
  direction: 'up' | 'down',
): Promise<MigrationReport> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'plinth-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [`plinth.migrate.${schema}`]);
    const log = `${pg.escapeIdentifier(schema)}.schema_migration`;
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${log} (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const { rows } = await client.query<{ name: string; checksum: string }>(`SELECT name, checksum FROM ${log}`);
    const applied = new Map(rows.map((row) => [row.name, row.checksum]));
    refuseEdited(schema, migrations, applied);
    const steps =
      direction === 'up'
        ? migrations.filter((migration) => !applied.has(migration.name))
        : migrations.filter((migration) => applied.has(migration.name)).toReversed();
    for (const step of steps) await apply(client, log, step, direction);
    return { schema, changed: steps.map((step) => step.name) };
  } finally {
    await client.end();
  }
}

async function apply(client: pg.Client, log: string, step: Migration, direction: 'up' | 'down'): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(direction === 'up' ? step.up : step.down);
    if (direction === 'up') await client.query(`INSERT INTO ${log} (name, checksum) VALUES ($1, $2)`, [step.name, checksum(step)]);
    else await client.query(`DELETE FROM ${log} WHERE name = $1`, [step.name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`migration ${step.name} (${direction}) failed: ${(error as Error).message}`, { cause: error });
  }
}

function refuseEdited(schema: string, migrations: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  const edited = migrations.filter((migration) => {
    const known = applied.get(migration.name);
    return known !== undefined && known !== checksum(migration);
  });
  if (edited.length > 0) {
    const names = edited.map((migration) => migration.name).join(', ');
    throw new Error(`schema ${schema}: ${names} changed after being applied; add a new migration instead (make reset erases local data)`);
  }
}

function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.up).update('\0').update(migration.down).digest('hex');
}

/**
 * The whole of an app's `migrate.ts`: `up` or `down` from the command line, a line of what was done, exit code 1 with the cause.
 *
 * @ruleExempt pii: a command, which tells whoever runs it what it did
 */
export async function runMigrations(ownerUrl: string, schema: string, migrations: readonly Migration[], direction: string | undefined): Promise<void> {
  if (direction !== 'up' && direction !== 'down') {
    process.stderr.write('usage: migrate.js up|down\n');
    process.exitCode = 2;
    return;
  }
  try {
    const { changed } = await migrate(ownerUrl, schema, migrations, direction);
    process.stdout.write(`${schema}: ${changed.length === 0 ? 'nothing to do' : `${direction} ${changed.join(', ')}`}\n`);
  } catch (error) {
    process.stderr.write(`${schema}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
