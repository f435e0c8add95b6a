import { rolesOf } from '@plinth/contracts';
import { DatabaseSession, Transactor, type Migration } from '@plinth/database';
import { idempotencyMigrations } from '@plinth/idempotency';
import { inboxMigrations } from '@plinth/kafka';
import { silentLogger } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { outboxMigrations } from '@plinth/outbox';
import { eventually } from '@plinth/testing';
import { operator, setupScheduler } from '../testing.js';
import { PurgePublishedAndExpired } from './purge-published-and-expired.job.js';
import { PurgeRepository } from './purge.repository.js';

const others = [
  { schema: 'tenancy', migrations: [...outboxMigrations('tenancy'), ...idempotencyMigrations('tenancy'), revocations()] },
  { schema: 'audit', migrations: [...outboxMigrations('audit'), ...inboxMigrations('audit')] },
  { schema: 'relay', migrations: [letters()] },
];

/** As the relay's own migration, in short: this service's tests do not know the other's code. */
function letters(): Migration {
  return {
    name: 'letters',
    up: `
      CREATE TABLE relay.dead_letter (received_at timestamptz);
      CREATE FUNCTION relay.purge_dead_letters(received_before timestamptz, max_rows int) RETURNS int LANGUAGE sql SECURITY DEFINER AS $$
        WITH gone AS (DELETE FROM relay.dead_letter WHERE received_at < received_before RETURNING 1) SELECT count(*)::int FROM gone
      $$;
      GRANT EXECUTE ON FUNCTION relay.purge_dead_letters TO ${rolesOf('scheduler').system};`,
    down: '',
  };
}

/** As tenant-service's own. */
function revocations(): Migration {
  return {
    name: 'revocations',
    up: `
      CREATE TABLE tenancy.revocation (at timestamptz);
      CREATE FUNCTION tenancy.purge_revocations(revoked_before timestamptz, max_rows int) RETURNS int LANGUAGE sql SECURITY DEFINER AS $$
        WITH gone AS (DELETE FROM tenancy.revocation WHERE at < revoked_before RETURNING 1) SELECT count(*)::int FROM gone
      $$;
      GRANT EXECUTE ON FUNCTION tenancy.purge_revocations TO ${rolesOf('scheduler').system};`,
    down: '',
  };
}

let scheduler: Awaited<ReturnType<typeof setupScheduler>>;
let transactor: Transactor | undefined;
beforeEach(async () => {
  scheduler = await setupScheduler(others);
});
afterEach(async () => {
  await transactor?.close();
  await scheduler.close();
});

/** @param publishedAgo null for an event that is not published */
async function insertEvents(schema: string, count: number, { status = 'published', publishedAgo = '25 hours', createdAgo = '2 days' }: { status?: string; publishedAgo?: string | null; createdAgo?: string } = {}) {
  await scheduler.database.query(
    `INSERT INTO ${schema}.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, status, processed_at, created_at)
     SELECT gen_random_uuid(), 'sample.happened', 1, '{}', gen_random_uuid(), 'sample', $2, now() - $3::interval, now() - $4::interval FROM generate_series(1, $1)`,
    [count, status, publishedAgo, createdAgo],
  );
}

/** Events that failed two days ago, and were given up since. */
async function insertSkipped(count: number, skippedAgo: string) {
  await scheduler.database.query(
    `INSERT INTO tenancy.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, status, skipped_at, created_at)
     SELECT gen_random_uuid(), 'sample.happened', 1, '{}', gen_random_uuid(), 'sample', 'failed', now() - $2::interval, now() - interval '2 days' FROM generate_series(1, $1)`,
    [count, skippedAgo],
  );
}

async function insertRecords(schema: string, count: number, expiredAgo: string) {
  await scheduler.database.query(
    `INSERT INTO ${schema}.idempotency_record (key_hash, fingerprint, salt, answer, expires_at)
     SELECT decode(md5(random()::text), 'hex'), '', '', '', now() - $2::interval FROM generate_series(1, $1)`,
    [count, expiredAgo],
  );
}

async function insertInbox(count: number, topic: string, receivedAgo: string) {
  await scheduler.database.query(
    `INSERT INTO audit.inbox (consumer_group, event_id, topic, partition, "offset", received_at)
     SELECT 'audit-service', gen_random_uuid(), $2, 0, n, now() - $3::interval FROM generate_series(1, $1) AS n`,
    [count, topic, receivedAgo],
  );
}

async function count(table: string): Promise<number> {
  const [row] = await scheduler.database.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
  return Number(row?.count);
}

/** The job by itself, for a replica might run it at the same time by the clock. */
function purge(): PurgePublishedAndExpired {
  transactor = new Transactor({ appDatabaseUrl: scheduler.database.appUrl('scheduler'), systemDatabaseUrl: scheduler.database.systemUrl('scheduler'), poolSize: 2, applicationName: 'test' });
  return new PurgePublishedAndExpired({ publishedEventsKeptHours: 24 }, transactor, new PurgeRepository(), silentLogger);
}
const unending = new AbortController().signal;

describe('purge_published_and_expired', () => {
  it('deletes what is published and old enough in all schemas, however much, and nothing else', async () => {
    await insertEvents('tenancy', 1_200);
    await insertEvents('audit', 3);
    for (const status of ['pending', 'processing', 'failed']) await insertEvents('tenancy', 1, { status, publishedAgo: null });
    await insertEvents('tenancy', 1, { publishedAgo: '23 hours' });
    await insertSkipped(2, '25 hours');
    await insertSkipped(1, '23 hours');
    await insertRecords('tenancy', 501, '1 minute');
    await insertRecords('tenancy', 2, '-1 hour');
    await insertInbox(4, 'plinth.audit', '22 days');
    await insertInbox(1, 'plinth.audit', '20 days');
    await insertInbox(2, 'plinth.dead-letter', '15 days');
    await insertInbox(1, 'no.longer.known', '900 days');

    await scheduler.database.query(`INSERT INTO relay.dead_letter SELECT now() - n * interval '5 days' FROM generate_series(1, 4) AS n`);
    await scheduler.database.query(`INSERT INTO tenancy.revocation SELECT now() - n * interval '10 hours' FROM generate_series(1, 4) AS n`);

    expect(await purge().run(unending)).toEqual({ counts: { publishedEvents: 1_205, idempotencyRecords: 501, inboxRows: 6, deadLetters: 3, revocations: 2, quotaGrants: 0, mails: 0, exports: 0, loginAttempts: 0, jobRuns: 0 } });
    const left = await scheduler.database.query<{ status: string }>('SELECT status FROM tenancy.event_outbox ORDER BY status');
    expect(left.map(({ status }) => status)).toEqual(['failed', 'failed', 'pending', 'processing', 'published']);
    expect([await count('tenancy.idempotency_record'), await count('audit.inbox'), await count('audit.event_outbox')]).toEqual([2, 2, 0]);
  });

  it('runs when an operator asks, and tells what it deleted', async () => {
    await insertEvents('tenancy', 7);
    const replica = await scheduler.start();
    const answer = await scheduler.call(replica, 'POST', '/v1/admin/jobs/purge_published_and_expired/run', operator(), { 'idempotency-key': newId() });
    expect(answer.status).toBe(202);
    await eventually(async () => {
      const run = (await scheduler.call(replica, 'GET', String(answer.headers['location']), operator())).json();
      expect(run).toMatchObject({ status: 'succeeded', result: { publishedEvents: expect.any(Number), idempotencyRecords: 0, inboxRows: 0, deadLetters: 0 } });
    });
    expect(await count('tenancy.event_outbox')).toBe(0);
  });

  it('waits for nobody and makes nobody wait: what is locked is left for the next run', async () => {
    await insertEvents('tenancy', 3);
    const holder = await DatabaseSession.open(scheduler.database.adminUrl, { applicationName: 'holder' });
    await holder.query('BEGIN');
    await holder.query('SELECT id FROM tenancy.event_outbox LIMIT 1 FOR UPDATE');
    const job = purge();
    expect(await job.run(unending)).toMatchObject({ counts: { publishedEvents: 2 } });
    await holder.close();
    await eventually(async () => expect(await job.run(unending)).toMatchObject({ counts: { publishedEvents: 1 } }));
  });

  it('ends at its signal, between two steps', async () => {
    await insertEvents('tenancy', 10);
    const aborted = AbortSignal.abort(new Error('stop'));
    await expect(purge().run(aborted)).rejects.toThrow('stop');
    expect(await count('tenancy.event_outbox')).toBe(10);
  });

  it('goes on with the other schemas where one fails, and fails then', async () => {
    await insertEvents('tenancy', 5);
    await scheduler.database.query(`CREATE OR REPLACE FUNCTION audit.purge_outbox(published_before timestamptz, max_rows int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$`);
    await expect(purge().run(unending)).rejects.toThrow('broken');
    expect(await count('tenancy.event_outbox')).toBe(0);
  });
});

describe('the purge of job runs', () => {
  /** @param ended how many days ago each run ended; `error` makes it a failure */
  async function insertRuns(job: string, ended: readonly (readonly [days: number, outcome: 'succeeded' | 'failed'])[]) {
    for (const [days, outcome] of ended) {
      await scheduler.database.query(
        `INSERT INTO scheduler.job_run (id, job, trigger, requested_at, started_at, finished_at, outcome, error, error_at)
         SELECT gen_random_uuid(), $1, 'cron', at, at, at, $3, CASE $3 WHEN 'failed' THEN 'Error' END, CASE $3 WHEN 'failed' THEN at END
         FROM (SELECT now() - make_interval(days => $2)) AS moment (at)`,
        [job, days, outcome],
      );
    }
  }
  const daysLeft = async (job: string) =>
    (await scheduler.database.query<{ days: number }>(`SELECT extract(day FROM now() - finished_at)::int AS days FROM scheduler.job_run WHERE job = $1 ORDER BY 1`, [job])).map(({ days }) => days);

  it('keeps thirty days, and of each job the last run, the last success and the last failure, however old', async () => {
    await insertRuns('hourly', [[1, 'succeeded'], [29, 'succeeded'], [31, 'succeeded'], [40, 'failed'], [50, 'failed'], [60, 'succeeded']]);
    await insertRuns('failing', [[32, 'failed'], [33, 'failed'], [90, 'succeeded'], [91, 'succeeded']]);
    await insertRuns('retired', [[400, 'succeeded'], [401, 'succeeded']]);
    await scheduler.database.query(`INSERT INTO scheduler.job_run (id, job, trigger, requested_at) VALUES (gen_random_uuid(), 'failing', 'manual', now() - interval '90 days')`);

    expect(await purge().run(unending)).toMatchObject({ counts: { jobRuns: 6 } });
    expect(await daysLeft('hourly')).toEqual([1, 29, 40]);
    expect(await daysLeft('failing')).toEqual([32, 90, null]);
    expect(await daysLeft('retired')).toEqual([400]);
    expect(await purge().run(unending)).toMatchObject({ counts: { jobRuns: 0 } });
  });

  it('takes many in steps, and leaves a week whatever is asked for', async () => {
    await scheduler.database.query(
      `INSERT INTO scheduler.job_run (id, job, trigger, requested_at, started_at, finished_at, outcome)
       SELECT gen_random_uuid(), 'busy', 'cron', at, at, at, 'succeeded' FROM (SELECT now() - n * interval '1 hour' AS at FROM generate_series(1, 1_500) AS n) AS moment`,
    );
    expect(await purge().run(unending)).toMatchObject({ counts: { jobRuns: 1_500 - 30 * 24 + 1 } });
    const session = await DatabaseSession.open(scheduler.database.systemUrl('scheduler'), { applicationName: 'test' });
    await session.query(`SELECT scheduler.purge_job_runs('infinity', 10000)`);
    await expect(session.query('DELETE FROM scheduler.job_run')).rejects.toMatchObject({ code: '42501' });
    await session.close();
    expect(await count(`scheduler.job_run WHERE job = 'busy'`)).toBeGreaterThanOrEqual(7 * 24 - 1);
  });
});

describe('the rights of the purge', () => {
  const as = async (role: string, sql: string) => {
    const session = await DatabaseSession.open(scheduler.database.urlAs(role), { applicationName: 'test' });
    try {
      return await session.query(sql);
    } finally {
      await session.close();
    }
  };
  const denied = { code: '42501' };

  it('are functions and nothing beside them', async () => {
    const system = rolesOf('scheduler').system;
    await expect(as(system, 'SELECT id FROM tenancy.event_outbox')).rejects.toMatchObject(denied);
    await expect(as(system, 'DELETE FROM tenancy.idempotency_record')).rejects.toMatchObject(denied);
    await expect(as(system, 'SELECT event_id FROM audit.inbox')).rejects.toMatchObject(denied);
  });

  it('are the scheduler\'s system role\'s alone', async () => {
    for (const role of [rolesOf('tenancy').app, rolesOf('tenancy').system, rolesOf('relay').system]) {
      await expect(as(role, 'SELECT tenancy.purge_outbox(now(), 1)')).rejects.toMatchObject(denied);
    }
    await expect(as(rolesOf('audit').app, `SELECT audit.purge_inbox('plinth.audit', now(), 1)`)).rejects.toMatchObject(denied);
  });

  it('end at what is published and expired, whatever a caller asks for', async () => {
    await insertEvents('tenancy', 1, { status: 'pending', publishedAgo: '2 days' });
    await insertRecords('tenancy', 1, '-1 hour');
    const system = rolesOf('scheduler').system;
    expect(await as(system, `SELECT tenancy.purge_outbox('infinity', 10) AS gone`)).toEqual([{ gone: 0 }]);
    expect(await as(system, `SELECT tenancy.purge_idempotency('infinity', 10) AS gone`)).toEqual([{ gone: 0 }]);
    await expect(as(rolesOf('tenancy').owner, `DELETE FROM tenancy.event_outbox WHERE status = 'pending'`)).resolves.toEqual([]);
    expect(await count('tenancy.event_outbox')).toBe(1);
  });
});
