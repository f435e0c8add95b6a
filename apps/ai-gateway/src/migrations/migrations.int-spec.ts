import { rolesOf } from '@plinth/contracts';
import { migrate } from '@plinth/database';
import { TestDatabase } from '@plinth/testing';
import { claimsInTheIdempotencyRecord } from './0002-claims-in-the-idempotency-record.js';
import { migrations, schema } from './index.js';

describe('the migrations of ai', () => {
  const owner = (database: TestDatabase) => database.urlAs(rolesOf(schema).owner);
  const tablesOf = async (database: TestDatabase) =>
    (await database.query<{ name: string }>(`SELECT relname AS name FROM pg_class WHERE relnamespace = 'ai'::regnamespace AND relkind = 'r' ORDER BY 1`)).map(({ name }) => name);

  it('go down to an empty schema, and up again', async () => {
    const database = await TestDatabase.create([{ schema, migrations }]);
    try {
      const migrated = await tablesOf(database);
      expect(migrated).toEqual(['event_outbox', 'idempotency_record', 'outbox_aggregate', 'schema_migration', 'usage_record']);
      await migrate(owner(database), schema, migrations, 'down');
      expect(await tablesOf(database)).toEqual(['schema_migration']);
      await migrate(owner(database), schema, migrations, 'up');
      expect(await tablesOf(database)).toEqual(migrated);
    } finally {
      await database.drop();
    }
  });

  it('take the claims of calls under way along, and hide them from the owner as before', async () => {
    const upTo = migrations.filter(({ name }) => name !== claimsInTheIdempotencyRecord.name);
    const database = await TestDatabase.create([{ schema, migrations: upTo }]);
    try {
      await database.query(
        `INSERT INTO ai.call_claim VALUES ('\\x01', gen_random_uuid(), now() + interval '1 min', now() + interval '1 day'),
           ('\\x02', gen_random_uuid(), now() - interval '1 h', now() + interval '23 h')`,
      );
      await migrate(owner(database), schema, migrations, 'up');
      const claims = await database.query(`SELECT encode(key_hash, 'hex') AS key, leased_until > now() AS leased, answer FROM ai.idempotency_record WHERE expires_at > now() ORDER BY 1`);
      expect(claims).toEqual([
        { key: '01', leased: true, answer: null },
        { key: '02', leased: false, answer: null },
      ]);
      const forced = await database.query(`SELECT relforcerowsecurity AS forced FROM pg_class WHERE oid = 'ai.idempotency_record'::regclass`);
      expect(forced).toEqual([{ forced: true }]);
    } finally {
      await database.drop();
    }
  });
});
