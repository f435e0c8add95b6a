import { rolesOf } from '@plinth/contracts';
import { DatabaseSession } from '@plinth/database';
import { silentLogger } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { eventually, TestDatabase } from '@plinth/testing';
import { migrations, schema } from '../migrations/index.js';
import { LeaseKeeper, type LeaseTiming } from './lease-keeper.js';
import { LeaseTable, partitionCount, replicaLock } from './lease-table.js';

const sources = ['one', 'two'];
const quick: LeaseTiming = { ttlMs: 2_000, renewEveryMs: 100, sendMarginMs: 500 };

let database: TestDatabase;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await TestDatabase.create([{ schema, migrations }]);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await database.query('DELETE FROM relay.replica');
});
afterAll(() => database.drop());

/** A replica whose loops take and let go at once what they are told to. */
function startReplica(timing: LeaseTiming = quick) {
  const keeper = new LeaseKeeper({ sources, databaseUrl: database.urlAs(rolesOf(schema).system), logger: silentLogger, timing });
  const leases = sources.map((source) => keeper.leasesOf(source));
  const obey = setInterval(() => leases.forEach((own) => own.use(own.wanted())), 10);
  keeper.start();
  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= (async () => {
      clearInterval(obey);
      await keeper.stop();
    })());
  cleanups.push(stop);
  return { leases, stop, pause: () => clearInterval(obey), counts: () => leases.map((own) => own.wanted().length), maySend: () => leases.every((own) => own.maySend()) };
}

const partitionsOf = (replicas: readonly ReturnType<typeof startReplica>[], source: number) => replicas.flatMap(({ leases }) => leases[source]?.wanted() ?? []).sort((a, b) => a - b);
const all = Array.from({ length: partitionCount }, (_, partition) => partition);

async function killSessions(): Promise<void> {
  await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'outbox-relay leases'`, [database.name]);
}

describe('LeaseKeeper', () => {
  it('gives a single replica every partition of every source', async () => {
    const replica = startReplica();
    await eventually(() => expect(replica.counts()).toEqual([64, 64]));
    await eventually(() => expect(replica.maySend()).toBe(true));
  });

  it('shares evenly among two and three, each partition with one of them, as they come and go', async () => {
    const replicas = [startReplica()];
    await eventually(() => expect(replicas[0]?.counts()).toEqual([64, 64]));
    replicas.push(startReplica());
    await eventually(() => expect(replicas.map(({ counts }) => counts())).toEqual([[32, 32], [32, 32]]));
    replicas.push(startReplica());
    await eventually(() => {
      for (const source of sources.keys()) expect(partitionsOf(replicas, source)).toEqual(all);
      for (const { counts } of replicas) expect(Math.max(...counts())).toBeLessThanOrEqual(22);
    });
    await replicas.pop()?.stop();
    await eventually(() => {
      for (const source of sources.keys()) expect(partitionsOf(replicas, source)).toEqual(all);
      for (const { counts } of replicas) expect(counts()).toEqual([32, 32]);
    });
  });

  it('hands a partition on only when the loop that worked on it has let it go', async () => {
    const first = startReplica();
    await eventually(() => expect(first.counts()).toEqual([64, 64]));
    await eventually(() => expect(first.maySend()).toBe(true));
    first.pause();
    for (const own of first.leases) own.use(own.wanted());
    const second = startReplica();
    await eventually(() => expect(first.counts()).toEqual([32, 32]));
    expect(second.counts()).toEqual([0, 0]);
    const owners = await database.query(`SELECT DISTINCT replica_id FROM relay.lease`);
    expect(owners).toHaveLength(1);
    for (const own of first.leases) own.use(own.wanted());
    await eventually(() => expect(second.counts()).toEqual([32, 32]));
  });

  it('replaces a replica whose session has ended long before its time is up', async () => {
    const [gone, session] = [newId(), await DatabaseSession.open(database.urlAs(rolesOf(schema).system), { applicationName: 'gone' })];
    await session.tryLock(replicaLock(gone));
    const table = new LeaseTable(session, gone);
    await table.begin(sources);
    await table.register(60_000);
    await table.take(new Map(sources.map((source) => [source, 64])));
    const replica = startReplica();
    await eventually(async () => expect(await database.query('SELECT id FROM relay.replica')).toHaveLength(2));
    expect(replica.counts()).toEqual([0, 0]);
    await session.close();
    await eventually(() => expect(replica.counts()).toEqual([64, 64]));
  });

  it('replaces a replica that holds its session and fell silent, when its time is up', async () => {
    const [silent, session] = [newId(), await DatabaseSession.open(database.urlAs(rolesOf(schema).system), { applicationName: 'silent' })];
    cleanups.push(() => session.close());
    await session.tryLock(replicaLock(silent));
    const table = new LeaseTable(session, silent);
    await table.begin(sources);
    await table.register(1_000);
    await table.take(new Map(sources.map((source) => [source, 64])));
    const replica = startReplica();
    await eventually(() => expect(replica.counts()).toEqual([64, 64]));
    expect(await table.renew(1_000)).toBe(false);
  });

  it('says that nothing may be sent from the loss of its session until the loop has taken the new leases', async () => {
    const replica = startReplica();
    await eventually(() => expect(replica.maySend()).toBe(true));
    replica.pause();
    await killSessions();
    await eventually(() => expect(replica.maySend()).toBe(false));
    await eventually(() => expect(replica.counts()).toEqual([64, 64]));
    expect(replica.maySend()).toBe(false);
    for (const own of replica.leases) own.use(own.wanted());
    expect(replica.maySend()).toBe(true);
  });

  it('says that nothing may be sent once the time that is left is shorter than a send', async () => {
    const replica = startReplica({ ttlMs: 600, renewEveryMs: 60_000, sendMarginMs: 500 });
    await eventually(() => expect(replica.counts()).toEqual([64, 64]));
    await eventually(() => expect(replica.maySend()).toBe(false));
  });
});
