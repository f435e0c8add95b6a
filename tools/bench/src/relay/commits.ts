import { TenantUpdatedV1 } from '@plinth/contracts';
import { Transactor, type Migration } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { CommitHint, Outbox, outboxMigrations } from '@plinth/outbox';
import { TestDatabase } from '@plinth/testing';
import { secondsSince } from '../seconds-since.ts';
import { payloadOf } from './sample-events.ts';

const clients = 32;
const schema = 'bench';
const writes: Migration = {
  name: '0001_writes',
  up: 'CREATE TABLE bench.write (id uuid PRIMARY KEY, name text NOT NULL); GRANT INSERT ON bench.write TO plinth_bench_app;',
  down: 'DROP TABLE bench.write;',
};

/** Commits of one row by 32 clients at once, through the Transactor; with or without an event of its own aggregate. */
export class Commits {
  private readonly database: TestDatabase;
  private readonly transactor: Transactor;
  private readonly outbox: Outbox;

  private constructor(database: TestDatabase) {
    this.database = database;
    this.transactor = new Transactor({ appDatabaseUrl: database.appUrl(schema), systemDatabaseUrl: database.systemUrl(schema), poolSize: clients, applicationName: 'bench' });
    this.outbox = new Outbox(schema, new CommitHint(this.transactor, schema));
  }

  static async prepare(): Promise<Commits> {
    return new Commits(await TestDatabase.create([{ schema, migrations: [...outboxMigrations(schema), writes] }]));
  }

  /** @returns commits a second */
  async rate(withEvent: boolean, seconds: number): Promise<number> {
    const start = performance.now();
    let commits = 0;
    const client = async () => {
      for (; secondsSince(start) < seconds; commits += 1) await this.commit(withEvent);
    };
    await Promise.all(Array.from({ length: clients }, client));
    return commits / secondsSince(start);
  }

  async close(): Promise<void> {
    await this.transactor.close();
    await this.database.drop();
  }

  private async commit(withEvent: boolean): Promise<void> {
    await this.transactor.run({ tenantId: null, principalId: null }, async (tx) => {
      const id = newId();
      await tx.query('INSERT INTO bench.write (id, name) VALUES ($1, $2)', [id, 'a name of ordinary length']);
      if (withEvent) this.outbox.append(tx, TenantUpdatedV1, { aggregateId: id, tenantId: null, payload: payloadOf(id) });
    });
  }
}
