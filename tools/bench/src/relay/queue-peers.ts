import { newId } from '@plinth/kernel';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { PgBoss } from 'pg-boss';
import { secondsSince } from '../seconds-since.ts';
import { payloadOf } from './sample-events.ts';

const step = 10_000;
const queue = 'events';
/** It tells of every job, on the console. */
const logger = new Logger(() => () => undefined);

const jobs = () => Array.from({ length: step }, () => payloadOf(newId()));

/**
 * pg-boss hands out the same payloads as jobs, and takes their completion, in batches of 1,000. It publishes nothing:
 * the figure is of the queue alone.
 *
 * @returns jobs a second
 */
export async function pgBossRate(databaseUrl: string, count: number): Promise<number> {
  const boss = new PgBoss({ connectionString: databaseUrl, supervise: false, schedule: false });
  await boss.start();
  try {
    await boss.createQueue(queue);
    for (let added = 0; added < count; added += step) await boss.insert(queue, jobs().map((data) => ({ data })));
    const start = performance.now();
    let done = 0;
    const worker = async () => {
      for (;;) {
        const batch = await boss.fetch(queue, { batchSize: 1000 });
        if (batch.length === 0) return;
        await boss.complete(queue, batch.map(({ id }) => id));
        done += batch.length;
      }
    };
    await Promise.all([worker(), worker()]);
    if (done < count) throw new Error(`pg-boss handed out ${done} of ${count} jobs`);
    return count / secondsSince(start);
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** graphile-worker runs a task that does nothing for each of the same payloads, fetching and completing in batches. @returns jobs a second */
export async function graphileWorkerRate(databaseUrl: string, count: number): Promise<number> {
  const utils = await makeWorkerUtils({ connectionString: databaseUrl });
  try {
    await utils.migrate();
    for (let added = 0; added < count; added += step) await utils.addJobs(jobs().map((payload) => ({ identifier: queue, payload })));
  } finally {
    await utils.release();
  }
  let done = 0;
  const finished = Promise.withResolvers<void>();
  const start = performance.now();
  const runner = await run({
    preset: { worker: { connectionString: databaseUrl, concurrentJobs: 24, maxPoolSize: 25, logger, localQueue: { size: 1000 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    taskList: {
      [queue]: async () => {
        if (++done === count) finished.resolve();
      },
    },
  });
  await finished.promise;
  const rate = count / secondsSince(start);
  await runner.stop();
  return rate;
}
