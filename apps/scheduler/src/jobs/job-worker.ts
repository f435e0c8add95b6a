import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DatabaseSession, openLibraryPool } from '@plinth/database';
import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
/** @ruleExempt breaker: the queue works on PostgreSQL, by the pool that libs/database gives it (ADR 0015) */
import { Logger as LibraryLogger, parseCronItems, run, type Runner, type TaskList, type WorkerEvents } from 'graphile-worker';
import { SchedulerConfig } from '../config.js';
import { schema } from '../migrations/index.js';
import { JobCatalogue } from './job-catalogue.js';
import { JobRunner } from './job-runner.js';
import { WorkerPresence } from './worker-presence.js';

/** Runs at once in a replica, of different jobs. */
const concurrency = 3;
/** A new run is told by NOTIFY; this is how long one waits whose word was lost, or that was freed of a dead worker. */
const pollIntervalMs = 1_000;
const presenceIntervalMs = 1_000;
/** Occurrences that came due in the last day while no replica ran are made up for, by one run a job. */
const catchUpMs = 86_400_000;
/** A job that does not end on its signal is left behind after this. */
const stopLimitMs = 10_000;
const backoff = { baseMs: 100, capMs: 2_000 };

/**
 * Keeps this replica working on the queue: graphile-worker finds due moments and brings runs to the `JobRunner`.
 *
 * One connection decides a worker's life: with it end the worker's lock, its jobs' signals and the
 * worker; then a new one begins. Outlives outages of PostgreSQL, each logged once.
 * Safe with several copies: yes, the queue gives each job to one, and the library notes each due moment once.
 * Limits: a machine whose network is cut works on until it notices, at most about 6 s; what it then ends is not recorded.
 */
@Injectable()
export class JobWorker extends Worker {
  private isWorking = false;

  constructor(
    private readonly config: SchedulerConfig,
    private readonly catalogue: JobCatalogue,
    private readonly runner: JobRunner,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'jobs', intervalMs: 0, backoff, logger, metrics });
  }

  /** Whether this replica takes jobs at present. */
  get working(): boolean {
    return this.isWorking;
  }

  /**
   * From a connection's begin to its end. What runs when the worker stops is aborted; it goes on in another
   * replica, or after the next start.
   *
   * @throws the driver's error where it cannot begin, or breaks
   */
  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    const session = await DatabaseSession.open(this.config.systemDatabaseUrl, { applicationName: 'scheduler worker' });
    const workerEnded = new AbortController();
    const ended = AbortSignal.any([signal, session.lost, workerEnded.signal]);
    // The library's own pool is without a listener while it stops, and a connection that breaks then would end the process.
    const pool = openLibraryPool(this.config.systemDatabaseUrl, { applicationName: 'scheduler queue', size: concurrency + 2, statementTimeoutMs: 10_000 });
    let worker: Runner | undefined;
    try {
      const presence = new WorkerPresence(session);
      worker = await this.startWorker(pool, presence, ended);
      const tellEnd = () => workerEnded.abort();
      worker.promise.then(tellEnd, tellEnd);
      await this.runner.showLastRuns();
      this.noteSuccess();
      this.isWorking = true;
      while (!ended.aborted) {
        const dead = await presence.freeJobsOfTheDead();
        if (dead > 0) this.logger.warn('took over the jobs of dead workers', { count: dead });
        await this.pause(presenceIntervalMs, ended);
      }
      return 'at_once';
    } finally {
      this.isWorking = false;
      workerEnded.abort();
      if (worker !== undefined) await this.stopWorker(worker);
      // Not waited for: a connection that the library did not give back would hold it up.
      pool.end().catch(() => undefined);
      await session.close();
    }
  }

  protected override tellOutage(error: unknown): void {
    this.logger.error('jobs cannot be run, trying again', { error });
  }

  protected override tellRecovery(): void {
    this.logger.info('jobs can be run again');
  }

  private async startWorker(pgPool: ReturnType<typeof openLibraryPool>, presence: WorkerPresence, ended: AbortSignal): Promise<Runner> {
    const events = new EventEmitter() as WorkerEvents;
    let claimed: Promise<boolean> = Promise.resolve(false);
    events.once('pool:create', ({ workerPool }) => {
      claimed = presence.claim(workerPool.id).catch(() => false);
    });
    return await run({
      ...{ pgPool, schema, events, concurrency },
      ...{ pollInterval: pollIntervalMs, noHandleSignals: true, logger: this.libraryLogger() },
      parsedCronItems: parseCronItems(
        this.catalogue.all().map(({ job, schedule }) => ({
          task: 'job_due',
          match: (minute) => schedule.matchesUtcMinute(minute),
          identifier: job.name,
          payload: { job: job.name },
          options: { backfillPeriod: catchUpMs },
        })),
      ),
      taskList: this.tasks(() => claimed, ended),
    });
  }

  private tasks(claimed: () => Promise<boolean>, ended: AbortSignal): TaskList {
    return {
      job_due: async (payload) => {
        const { job, _cron: due } = payload as { job: string; _cron: { ts: string } };
        await this.runner.requestDueRun(job, new Date(due.ts));
      },
      job_run: async (payload, { job }) => {
        const { runId } = payload as { runId: string };
        // Without its lock this worker counts as dead, and what it begins would be given to another.
        if (!(await claimed())) throw new Error('this worker has no lock');
        await this.runner.attemptRun(runId, String(job.id), ended);
      },
    };
  }

  /** Never rejects. What does not end in time is failed in the queue, and tried again. */
  private async stopWorker(worker: Runner): Promise<void> {
    const timeUp = new AbortController();
    const stopped = worker.stop().catch(() => undefined);
    await Promise.race([stopped, this.pause(stopLimitMs, timeUp.signal).then(() => (timeUp.signal.aborted ? undefined : worker.kill().catch(() => undefined)))]);
    timeUp.abort();
  }

  /** Its texts hold payloads and errors' messages, so only the class and code of an error come through. */
  private libraryLogger(): LibraryLogger {
    return new LibraryLogger(() => (level, _message, meta) => {
      if (level === 'error') this.logger.warn('the queue reports an error', { error: meta?.['error'] });
    });
  }

  private async pause(limitMs: number, signal: AbortSignal): Promise<void> {
    await delay(limitMs, undefined, { signal }).catch(() => undefined);
  }
}
