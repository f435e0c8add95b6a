import { platformLogId } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import { openDoor } from '@plinth/kafka/testing';
import { eventually, testDatabaseUrl } from '@plinth/testing';
import { HeldJob, operator, setupScheduler } from '../testing.js';

type Scheduler = Awaited<ReturnType<typeof setupScheduler>>;

let scheduler: Scheduler;
beforeAll(async () => {
  scheduler = await setupScheduler();
});
afterEach(() => scheduler.closeReplicas());
afterAll(() => scheduler.close());

const fresh = (cron?: string) => new HeldJob(`held_${newId().replaceAll(/[^a-z]/g, '')}_${Array.from({ length: 8 }, () => 'abcdefgh'[Math.floor(Math.random() * 8)]).join('')}`, cron);
type Started = Awaited<ReturnType<Scheduler['start']>>;
const runNow = (replica: Started, job: string, key = newId(), as = operator()) => scheduler.call(replica, 'POST', `/v1/admin/jobs/${job}/run`, as, { 'idempotency-key': key });
const ended = (job: string, outcome: string) => eventually(async () => expect((await scheduler.runs(job)).map((run) => run.outcome)).toEqual([outcome]), { withinMs: 15_000 });

async function jobOf(replica: Started, name: string) {
  const { data } = (await scheduler.call(replica, 'GET', '/v1/admin/jobs', operator('PLATFORM_VIEWER'))).json() as { data: Record<string, unknown>[] };
  return data.find((job) => job['name'] === name);
}

describe('run now', () => {
  it('answers 202 with the run, which then runs, ends, and is told with its event', async () => {
    const job = fresh();
    const replica = await scheduler.start({ jobs: [job] });
    const admin = operator();
    const answer = await runNow(replica, job.name, newId(), admin);
    const { runId } = answer.json() as { runId: string };
    expect(answer).toMatchObject({ status: 202, headers: { location: `/v1/admin/jobs/${job.name}/runs/${runId}` } });
    expect(answer.json()).toEqual({ runId, job: job.name, joined: false });

    const attempt = await job.tryNumber(1);
    expect(await jobOf(replica, job.name)).toMatchObject({ running: true, lastSuccessAt: null, nextRunAt: '2028-02-29T00:00:00.000Z', cron: job.cron });
    attempt.succeed();
    await ended(job.name, 'succeeded');

    const run = (await scheduler.call(replica, 'GET', String(answer.headers['location']), admin)).json();
    expect(run).toMatchObject({ id: runId, trigger: 'manual', status: 'succeeded', attempts: 1, error: null, result: { done: 1 } });
    expect(run['durationMs']).toEqual(expect.any(Number));
    expect(await jobOf(replica, job.name)).toMatchObject({ running: false, lastRunAt: run['startedAt'], lastSuccessAt: run['finishedAt'], lastError: null, lastDurationMs: run['durationMs'] });
    expect((await scheduler.ends(job.name)).map(({ payload }) => payload)).toEqual([{ runId, job: job.name, outcome: 'succeeded', durationMs: run['durationMs'] }]);
    const metrics = await replica.app.inject({ method: 'GET', url: '/metrics' });
    expect(metrics.body).toContain(`plinth_job_runs_total{job="${job.name}",outcome="succeeded",service="scheduler"} 1`);
    const other = await scheduler.start({ jobs: [job] });
    const shown = await other.app.inject({ method: 'GET', url: '/metrics' });
    expect(shown.body).toContain(`plinth_job_last_run_timestamp_seconds{job="${job.name}",outcome="succeeded",service="scheduler"} ${new Date(String(run['finishedAt'])).getTime() / 1000}`);
    const audited = await scheduler.database.query<{ payload: unknown }>(`SELECT payload FROM scheduler.event_outbox WHERE event_type = 'audit.recorded' AND payload -> 'resource' ->> 'id' = $1`, [job.name]);
    expect(audited).toMatchObject([{ payload: { tenantId: platformLogId, action: 'job.run', actor: { type: 'operator', id: admin.id }, after: { runId, joined: false } } }]);
  });

  it('gives the same answer again for the same key, and runs once', async () => {
    const job = fresh();
    const replica = await scheduler.start({ jobs: [job] });
    const [key, admin] = [newId(), operator()];
    const first = await runNow(replica, job.name, key, admin);
    (await job.tryNumber(1)).succeed();
    await ended(job.name, 'succeeded');
    const again = await runNow(replica, job.name, key, admin);
    expect(again).toMatchObject({ status: 202, text: first.text, headers: { location: first.headers['location'], 'idempotent-replayed': 'true' } });
    expect(await scheduler.runs(job.name)).toHaveLength(1);
  });

  it('joins the run that is under way, however many ask at once', async () => {
    const job = fresh();
    const replicas = [await scheduler.start({ jobs: [job] }), await scheduler.start({ jobs: [job] })] as const;
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => runNow(replicas[i % 2 === 0 ? 0 : 1], job.name)));
    const attempt = await job.tryNumber(1);
    const late = await runNow(replicas[1], job.name);
    const bodies = [...answers, late].map((answer) => answer.json() as { runId: string; joined: boolean });
    expect(new Set(bodies.map(({ runId }) => runId)).size).toBe(1);
    expect(bodies.filter(({ joined }) => !joined)).toHaveLength(1);
    attempt.succeed();
    await ended(job.name, 'succeeded');
    expect(job.tries).toHaveLength(1);
    expect(await scheduler.ends(job.name)).toHaveLength(1);
  });

  it('is for operators who may, and for jobs that are', async () => {
    const replica = await scheduler.start();
    const purge = 'purge_published_and_expired';
    expect(await runNow(replica, purge, newId(), operator('PLATFORM_VIEWER'))).toMatchObject({ status: 403 });
    expect(await runNow(replica, purge, newId(), { type: 'user', id: newId(), tenantId: newId(), roles: ['owner'] })).toMatchObject({ status: 403 });
    expect((await runNow(replica, 'no_such_job')).json()).toMatchObject({ status: 404, code: 'job_not_found' });
    expect((await scheduler.call(replica, 'GET', '/v1/admin/jobs/no_such_job/runs', operator())).json()).toMatchObject({ status: 404, code: 'job_not_found' });
    expect((await scheduler.call(replica, 'GET', `/v1/admin/jobs/${purge}/runs/${newId()}`, operator())).json()).toMatchObject({ code: 'job_run_not_found' });
    expect(await scheduler.call(replica, 'GET', '/v1/admin/jobs')).toMatchObject({ status: 401 });
  });
});

describe('a job that fails', () => {
  it('is tried again three times at most, and its error shows without its text', async () => {
    const name = fresh().name;
    let tries = 0;
    const job = { name, cron: '0 0 29 2 *', timeZone: 'UTC', run: () => Promise.reject(Object.assign(new TypeError('jane@example.com'), { code: `try_${++tries}` })) };
    const replica = await scheduler.start({ jobs: [job] });
    await runNow(replica, name);
    await ended(name, 'failed');
    expect(tries).toBe(4);
    expect(await scheduler.runs(name)).toMatchObject([{ attempt: 4, error: 'TypeError:try_4', running: false }]);
    expect(await jobOf(replica, name)).toMatchObject({ lastError: 'TypeError:try_4', lastSuccessAt: null, lastErrorAt: expect.any(String) });
    expect((await scheduler.ends(name)).map(({ payload }) => payload.outcome)).toEqual(['failed']);
    expect(replica.logLines.join('')).not.toContain('jane@');
    const kept = await scheduler.database.query(`SELECT last_error FROM scheduler._private_jobs`);
    expect(JSON.stringify(kept)).not.toContain('jane@');
  });

  it('succeeds in the end where a later try does', async () => {
    const job = fresh();
    const replica = await scheduler.start({ jobs: [job] });
    await runNow(replica, job.name);
    (await job.tryNumber(1)).fail(new RangeError('no'));
    (await job.tryNumber(2)).succeed();
    await ended(job.name, 'succeeded');
    expect(await scheduler.runs(job.name)).toMatchObject([{ attempt: 2, outcome: 'succeeded', error: 'RangeError' }]);
    expect(await scheduler.ends(job.name)).toHaveLength(1);
  });
});

describe('two replicas', () => {
  it('run what came due while none ran once, however often it came due', async () => {
    // Six times in the hour that is farthest from now, so that none comes due in the middle of the test.
    const job = fresh(`*/10 ${(new Date().getUTCHours() + 12) % 24} * * *`);
    await (await scheduler.start({ jobs: [job] })).close();
    await scheduler.database.query(`UPDATE scheduler._private_known_crontabs SET known_since = now() - interval '2 days', last_execution = now() - interval '2 days' WHERE identifier = $1`, [job.name]);
    await Promise.all([scheduler.start({ jobs: [job] }), scheduler.start({ jobs: [job] })]);
    (await job.tryNumber(1)).succeed();
    await ended(job.name, 'succeeded');
    await eventually(async () => {
      const waiting = await scheduler.database.query(`SELECT id FROM scheduler._private_jobs WHERE locked_at IS NULL AND run_at <= now()`);
      expect(waiting).toEqual([]);
    });
    expect(await scheduler.runs(job.name)).toMatchObject([{ trigger: 'cron', attempt: 1, outcome: 'succeeded' }]);
    expect(await scheduler.ends(job.name)).toHaveLength(1);
  });

  it('take a run over from one that was cut off in its middle; what that one then ends does not count', async () => {
    const job = fresh();
    const door = await openDoor(testDatabaseUrl(), '5432');
    try {
      const cutOff = await scheduler.start({ jobs: [job], through: door.address });
      await runNow(cutOff, job.name);
      const first = await job.tryNumber(1);
      const other = await scheduler.start({ jobs: [job] });
      expect(other.worker.working).toBe(true);
      await door.shut();

      await eventually(() => expect(first.signal.aborted).toBe(true));
      const second = await job.tryNumber(2);
      await door.open();
      first.succeed(); // it did not heed its signal
      await eventually(() => expect(cutOff.logLines.some((line) => line.includes('taken over'))).toBe(true));
      expect(await scheduler.runs(job.name)).toMatchObject([{ attempt: 2, outcome: null, running: true }]);
      second.succeed();
      await ended(job.name, 'succeeded');
      expect(await scheduler.runs(job.name)).toMatchObject([{ attempt: 2, trigger: 'manual' }]);
      expect(await scheduler.ends(job.name)).toHaveLength(1);
      expect(job.tries).toHaveLength(2);
    } finally {
      await door.shut();
    }
  }, 60_000);

  it('give a run over when one stops: it is aborted there and goes on in the other', async () => {
    const name = fresh().name;
    let tries = 0;
    const job = {
      ...{ name, cron: '0 0 29 2 *', timeZone: 'UTC' },
      async run(signal: AbortSignal) {
        if (++tries > 1) return { counts: {} };
        return await new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('told to stop'))));
      },
    };
    const first = await scheduler.start({ jobs: [job] });
    await runNow(first, name);
    await eventually(() => expect(tries).toBe(1));
    await scheduler.start({ jobs: [job] });
    await first.close();
    await ended(name, 'succeeded');
    expect(await scheduler.runs(name)).toMatchObject([{ attempt: 2, error: 'Interrupted' }]);
  });
});

describe('a run whose replica dies in every try', () => {
  it('ends as failed, and the job can be run again', async () => {
    const job = fresh();
    const replica = await scheduler.start({ jobs: [job] });
    await runNow(replica, job.name);
    const last = await job.tryNumber(1);
    // As if the three tries before had died too, and this one with them.
    await scheduler.database.query('UPDATE scheduler.job_run SET attempt = 4 WHERE job = $1', [job.name]);
    last.succeed();
    await eventually(() => expect(replica.logLines.some((line) => line.includes('taken over'))).toBe(true));
    await scheduler.database.query(`SELECT scheduler.enqueue_run(id, now()) FROM scheduler.job_run WHERE job = $1`, [job.name]);
    await ended(job.name, 'failed');
    expect(await scheduler.runs(job.name)).toMatchObject([{ attempt: 5, error: 'Abandoned' }]);
    expect((await runNow(replica, job.name)).json()).toMatchObject({ joined: false });
    (await job.tryNumber(2)).succeed();
    await eventually(async () => expect((await scheduler.runs(job.name)).map((run) => run.outcome)).toEqual(['failed', 'succeeded']));
  });
});

describe('GET /v1/admin/jobs/{name}/runs', () => {
  it('pages through the runs of one job, the newest first', async () => {
    const job = fresh();
    const replica = await scheduler.start({ jobs: [job] });
    await scheduler.database.query(
      `INSERT INTO scheduler.job_run (id, job, trigger, requested_at, outcome, finished_at)
       SELECT gen_random_uuid(), $1, 'cron', now() - (n / 2) * interval '1 hour', 'succeeded', now() FROM generate_series(1, 7) AS n`,
      [job.name],
    );
    const path = `/v1/admin/jobs/${job.name}/runs`;
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '?limit=3' : `?limit=3&cursor=${encodeURIComponent(cursor)}`;
      const page = (await scheduler.call(replica, 'GET', `${path}${query}`, operator())).json() as { data: { id: string }[]; nextCursor: string | null };
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    const all = await scheduler.database.query<{ id: string }>('SELECT id FROM scheduler.job_run WHERE job = $1 ORDER BY requested_at DESC, id DESC', [job.name]);
    expect(seen).toEqual(all.map(({ id }) => id));
    expect(await scheduler.call(replica, 'GET', `${path}?cursor=abc.def`, operator())).toMatchObject({ status: 400 });
    expect(await scheduler.call(replica, 'GET', `${path}?limit=0`, operator())).toMatchObject({ status: 400 });
  });
});
