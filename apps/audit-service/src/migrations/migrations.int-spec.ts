import { rolesOf } from '@plinth/contracts';
import { migrate } from '@plinth/database';
import { TestDatabase } from '@plinth/testing';
import { migrations, schema } from './index.js';

describe('the migrations of audit', () => {
  it('go down to an empty schema, and up again', async () => {
    const database = await TestDatabase.create([{ schema, migrations }]);
    const owner = database.urlAs(rolesOf(schema).owner);
    const objects = async () => (await database.query(`SELECT relname FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relkind = 'r'`)).map(({ relname }) => relname as string).sort();
    try {
      const migrated = await objects();
      expect(migrated).toEqual(expect.arrayContaining(['chain_head', 'entry', 'event_outbox', 'idempotency_record', 'inbox', 'leaf', 'subject_erasure', 'subject_key']));
      await migrate(owner, schema, migrations, 'down');
      expect(await objects()).toEqual(['schema_migration']);
      await migrate(owner, schema, migrations, 'up');
      expect(await objects()).toEqual(migrated);
    } finally {
      await database.drop();
    }
  });
});
