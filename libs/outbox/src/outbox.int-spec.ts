import { TenantUpdatedV1 } from '@plinth/contracts';
import { Transactor, type Scope, type Tx } from '@plinth/database';
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

  /** An event of an aggregate that belongs to no tenant, so that one transaction can tell those of several. */
  const tellOf = (tx: Tx, aggregateId: string, ...changed: string[]) =>
    outbox.append(tx, TenantUpdatedV1, { aggregateId, tenantId: null, payload: { tenantId: aggregateId.toLowerCase(), changed } });
  const told = async (...aggregateIds: string[]) =>
    (
      await database.query<{ aggregate_version: string; changed: string[] }>(
        `SELECT aggregate_version, payload -> 'changed' AS changed FROM sample.event_outbox WHERE aggregate_id = ANY($1::uuid[]) ORDER BY sequence`,
        [aggregateIds],
      )
    ).map(({ aggregate_version: version, changed }) => `${changed.join()} ${version}`);
  const noOne = () => ({ tenantId: null, principalId: null });

  it('locks two aggregates in the same order, whichever was told of first', async () => {
    const [first, second] = [newId(), newId()].sort() as [string, string];
    const tellBoth = (...ids: [string, string]) => transactor.run(noOne(), async (tx) => ids.forEach((id) => tellOf(tx, id, 'x')));
    await tellBoth(first, second);
    // Who holds the first keeps both waiting for it, in the order in which they came; had the later one the second already, they would deadlock.
    const holder = new pg.Client({ connectionString: database.adminUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(`SELECT sample.advance_aggregate('tenant', $1, 1)`, [first]);
    const waiting = async () =>
      (await database.query(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%advance_aggregate%'`)).length;
    const told1 = tellBoth(first, second);
    await eventually(async () => expect(await waiting()).toBe(1));
    const told2 = tellBoth(second.toUpperCase(), first.toUpperCase());
    await eventually(async () => expect(await waiting()).toBe(2));
    await holder.query('ROLLBACK');
    await holder.end();
    await Promise.all([told1, told2]);
    expect(await told(first)).toEqual(['x 1', 'x 2', 'x 3']);
    expect(await told(second)).toEqual(['x 1', 'x 2', 'x 3']);
  });

  it('takes an event back with its savepoint, and numbers without it', async () => {
    const id = newId();
    await transactor.run(noOne(), async (tx) => {
      tellOf(tx, id, 'before');
      await tx
        .savepoint(async () => {
          tellOf(tx, id, 'undone');
          await tx.query('SELECT 1/0');
        })
        .catch(() => undefined);
      await tx.savepoint(async () => tellOf(tx, id, 'released'));
      tellOf(tx, id, 'after');
    });
    expect(await told(id)).toEqual(['before 1', 'released 2', 'after 3']);
  });

  it('takes back what an inner savepoint had released when the outer one rolls back', async () => {
    const id = newId();
    await transactor.run(noOne(), async (tx) => {
      const outer = tx.savepoint(async () => {
        await tx.savepoint(async () => tellOf(tx, id, 'inner'));
        tellOf(tx, id, 'outer');
        throw new Error('no');
      });
      await expect(outer).rejects.toThrow('no');
      tellOf(tx, id, 'after');
    });
    expect(await told(id)).toEqual(['after 1']);
  });

  it('commits a transaction whose only event went with its savepoint', async () => {
    const id = newId();
    await transactor.run(noOne(), async (tx) => {
      const failing = tx.savepoint(async () => {
        tellOf(tx, id, 'undone');
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
    });
    expect(await told(id)).toEqual([]);
  });

  it.each<[string, (scope: Scope) => Promise<void> | undefined]>([
    ['after the commit', async (scope) => await scope.unit?.commit()],
    ['after a rollback', async (scope) => await scope.unit?.rollback()],
    // Not awaited: the commit is on its way, and its events have been written.
    ['while the commit is on its way', (scope) => void scope.unit?.commit()],
  ])('refuses an event %s, instead of losing it', async (_, end) => {
    const id = newId();
    const scope: Scope = { ...noOne(), deferCommit: true };
    const tx = await transactor.run(scope, async (open) => {
      tellOf(open, id, 'in time');
      return open;
    });
    await end(scope);
    expect(() => tellOf(tx, id, 'late')).toThrow('the transaction has ended, tenant.updated would be lost');
  });

  it.each<[string, string]>([
    ['NUL', 'a\0b'],
    ['half of a surrogate pair', 'a\ud83d'],
    ['the other half', '\ude00b'],
    ['NUL behind a backslash', 'a\\\0'],
  ])('refuses %s to the writer, whose transaction it would end', async (_, text) => {
    const tenantId = newId();
    await expect(tell(tenantId, ['fine'], [text])).rejects.toMatchObject({ code: 'text_not_storable', status: 422 });
    expect(await rowsOf(tenantId)).toEqual([]);
  });

  it('stores every other text as it is', async () => {
    const tenantId = newId();
    const texts = ['\\u0000', '\\\\ud83d', '\ud83d\ude00', '\u0001', '\u2028', '"\\"', `'; DROP TABLE x; --`, '\ufffe'];
    await tell(tenantId, texts);
    expect((await rowsOf(tenantId)).map(({ changed }) => changed)).toEqual([texts]);
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
