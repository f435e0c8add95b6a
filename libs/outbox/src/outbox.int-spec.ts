import { TenantUpdatedV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { eventually, TestDatabase } from '@plinth/testing';
import pg from 'pg';
import { CommitHint, hintChannel } from './commit-hint.js';
import { outboxMigrations } from './migrations.js';
import { maxPayloadBytes, Outbox } from './outbox.js';

const schema = 'sample';

describe('Outbox', () => {
  let database: TestDatabase;
  let transactor: Transactor;
  let outbox: Outbox;

  beforeAll(async () => {
    database = await TestDatabase.create([{ schema, migrations: outboxMigrations(schema) }]);
    transactor = new Transactor({ appDatabaseUrl: database.appUrl(schema), systemDatabaseUrl: database.systemUrl(schema), poolSize: 10, applicationName: 'test' });
    outbox = new Outbox(schema, new CommitHint(transactor, schema));
  });
  afterAll(async () => {
    await transactor.close();
    await database.drop();
  });

  const tell = (tenantId: string, ...changed: string[][]) =>
    transactor.run({ tenantId, principalId: null }, async (tx) => {
      for (const names of changed) outbox.append(tx, TenantUpdatedV1, { aggregateId: tenantId, tenantId, payload: { tenantId, changed: names } });
      return await Promise.resolve();
    });
  const rowsOf = (tenantId: string) =>
    database.query<{ aggregate_version: string; changed: string[]; sequence: string; partition: number }>(
      `SELECT aggregate_version, payload -> 'changed' AS changed, sequence, partition FROM sample.event_outbox WHERE tenant_id = $1 ORDER BY sequence`,
      [tenantId],
    );

  it('writes the events of a transaction in the order in which they were told, numbered per aggregate', async () => {
    const tenantId = newId();
    await tell(tenantId, ['a'], ['b']);
    await tell(tenantId, ['c']);
    const rows = await rowsOf(tenantId);
    expect(rows.map(({ changed, aggregate_version: version }) => [changed[0], version])).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
    expect(new Set(rows.map(({ partition }) => partition)).size).toBe(1);
    expect(rows[0]?.partition).toBe(parseInt(tenantId.slice(-2), 16) & 63);
  });

  it('numbers 40 transactions of one aggregate at once without gap, in the order of their sequences', async () => {
    const tenantId = newId();
    await Promise.all(Array.from({ length: 40 }, (_, i) => tell(tenantId, [String(i)])));
    const versions = (await rowsOf(tenantId)).map(({ aggregate_version: version }) => Number(version));
    expect(versions).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it('leaves nothing of a transaction that rolls back, its number included', async () => {
    const tenantId = newId();
    const failing = transactor.run({ tenantId, principalId: null }, (tx) => {
      outbox.append(tx, TenantUpdatedV1, { aggregateId: tenantId, tenantId, payload: { tenantId, changed: [] } });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await tell(tenantId, ['after']);
    expect(await rowsOf(tenantId)).toMatchObject([{ aggregate_version: '1', changed: ['after'] }]);
  });

  it("refuses what the broker would refuse, and what does not fit the event's schema", async () => {
    const tenantId = newId();
    const big = Array.from({ length: maxPayloadBytes / 100 + 1 }, () => 'x'.repeat(100));
    await expect(tell(tenantId, big)).rejects.toMatchObject({ code: 'event_too_large', status: 413 });
    await expect(tell(tenantId, ['x'.repeat(101)])).rejects.toThrow('/changed/0 maxLength');
    expect(await rowsOf(tenantId)).toEqual([]);
  });

  it("does not let a transaction tell another tenant's event", async () => {
    const [mine, theirs] = [newId(), newId()];
    const forged = transactor.run({ tenantId: mine, principalId: null }, async (tx) => {
      outbox.append(tx, TenantUpdatedV1, { aggregateId: theirs, tenantId: theirs, payload: { tenantId: theirs, changed: [] } });
      return await Promise.resolve();
    });
    await expect(forged).rejects.toMatchObject({ code: '42501' });
  });

  it.each(['SELECT * FROM sample.event_outbox', 'DELETE FROM sample.event_outbox', `UPDATE sample.event_outbox SET status = 'published'`, 'SELECT * FROM sample.outbox_aggregate'])(
    'refuses the service role: %s',
    async (sql) => {
      await expect(transactor.run({ tenantId: newId(), principalId: null }, (tx) => tx.query(sql))).rejects.toMatchObject({ code: '42501' });
    },
  );

  it('hints after the commit, and not after a rollback', async () => {
    const listener = new pg.Client({ connectionString: database.adminUrl });
    const hints: string[] = [];
    listener.on('notification', ({ payload }) => hints.push(payload ?? ''));
    await listener.connect();
    await listener.query(`LISTEN ${hintChannel}`);
    await transactor.run({ tenantId: null, principalId: null }, () => Promise.reject(new Error('no'))).catch(() => undefined);
    await tell(newId(), ['x']);
    await eventually(() => expect(hints).toEqual([schema]));
    await listener.end();
  });
});
