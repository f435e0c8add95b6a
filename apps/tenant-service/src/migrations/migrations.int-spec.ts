import { rolesOf } from '@plinth/contracts';
import { migrate } from '@plinth/database';
import { TestDatabase } from '@plinth/testing';
import { migrations, schema } from './index.js';

describe('the migrations of the tenancy schema', () => {
  it('go down to nothing and up again', async () => {
    const database = await TestDatabase.create([{ schema, migrations }]);
    const owner = database.urlAs(rolesOf(schema).owner);
    const tables = async () => (await database.query<{ name: string }>(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1 ORDER BY 1`, [schema])).map(({ name }) => name);
    const all = await tables();
    expect((await migrate(owner, schema, migrations, 'down')).changed).toHaveLength(migrations.length);
    expect(await tables()).toEqual(['schema_migration']);
    await migrate(owner, schema, migrations, 'up');
    expect(await tables()).toEqual(all);
    await database.drop();
  });

  it('take keys, operators and what came after back, and leave the rest as it was', async () => {
    const database = await TestDatabase.create([{ schema, migrations }]);
    const owner = database.urlAs(rolesOf(schema).owner);
    // Those before it stay applied.
    const newest = migrations.slice(migrations.findIndex(({ name }) => name === '0002_keys_operators_revocation'));
    expect((await migrate(owner, schema, newest, 'down')).changed).toEqual(newest.map(({ name }) => name).reverse());
    const rights = await database.query(
      `SELECT 1 FROM information_schema.column_privileges WHERE grantee = 'plinth_tenancy_system' AND table_schema = $1 AND table_name IN ('session', 'tenant')`,
      [schema],
    );
    expect(rights).toEqual([]);
    expect((await migrate(owner, schema, migrations, 'up')).changed).toEqual(newest.map(({ name }) => name));
    await database.drop();
  });
});
