import { Inject, Injectable } from '@nestjs/common';
import { JobRunFinishedV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { backoffDelayMs, newId } from '@plinth/kernel';
import { errorLabel, Logger } from '@plinth/logging';
import { Outbox } from '@plinth/outbox';
import { JobMetrics } from '@plinth/telemetry';
import type { JobResult, RetryPolicy } from './job.js';
import { JobCatalogue } from './job-catalogue.js';
import { JobRunsRepository, type RunEnd } from './job-runs.repository.js';
import { jobErrors } from './jobs.errors.js';

export const RETRY_POLICY = Symbol('the retry policy of jobs');

/** A try that is under way in this process. */
interface Attempt {
  readonly id: string;
  readonly job: string;
  readonly attempt: number;
}

/**
 * Makes runs of due jobs, and runs them try by try.
 *
 * Guarantees: a run's end is recorded once, with its event, in one transaction, by the try that ended
 * it; a try that another replica has taken over records nothing. A try that failed is followed by
 * another in the transaction that says so, until the last.
 * Safe with several copies: yes.
 */
@Injectable()
export class JobRunner {
  constructor(
    private readonly transactor: Transactor,
    private readonly runs: JobRunsRepository,
    private readonly catalogue: JobCatalogue,
    private readonly outbox: Outbox,
    @Inject(RETRY_POLICY) private readonly policy: RetryPolicy,
    private readonly metrics: JobMetrics,
    private readonly logger: Logger,
  ) {}

  /** So that the metrics of this process do not begin with runs that never were. */
  async showLastRuns(): Promise<void> {
    const jobs = this.catalogue.all().map(({ job }) => job.name);
    for (const end of await this.transactor.readSystem('last_job_runs', (conn) => this.runs.listLastEnds(conn, jobs))) this.metrics.lastRun(end);
  }

  /** Asks for the run of a moment that the clock has reached. Asked again for the same moment, it does nothing. */
  async requestDueRun(job: string, dueAt: Date): Promise<void> {
    await this.transactor.runSystem('request_due_job_run', async (tx) => {
      const id = newId();
      if (await this.runs.requestRun(tx, { id, job, trigger: 'cron', dueAt })) await this.runs.enqueueRun(tx, id, 0);
    });
  }

  /**
   * @param queueJobId of the job of the queue that brought the run here
   * @throws Problem where the database is away; the queue brings the run again
   */
  async attemptRun(id: string, queueJobId: string, signal: AbortSignal): Promise<void> {
    const begun = await this.transactor.runSystem('begin_job_run', (tx) => this.runs.beginAttempt(tx, id, queueJobId));
    if (begun === null) return;
    const attempt: Attempt = { id, ...begun };
    // Past the last try only where that one's replica died in it.
    if (attempt.attempt > this.policy.maxAttempts) return await this.finish(attempt, { outcome: 'failed', error: 'Abandoned', result: null });
    try {
      const { counts } = await this.work(attempt, signal);
      await this.finish(attempt, { outcome: 'succeeded', error: null, result: counts });
    } catch (error) {
      if (error instanceof RunNotRecorded) throw error;
      await this.recordFailure(attempt, error, signal);
    }
  }

  private async work({ job, attempt }: Attempt, signal: AbortSignal): Promise<JobResult> {
    const known = this.catalogue.find(job);
    // A replica of another version may have it.
    if (known === undefined) throw jobErrors.unknownHere();
    this.logger.info('job begins', { name: job, attempt });
    return await known.job.run(signal);
  }

  private async recordFailure(attempt: Attempt, error: unknown, signal: AbortSignal): Promise<void> {
    const label = signal.aborted ? 'Interrupted' : errorLabel(error);
    this.logger.warn('job failed', { name: attempt.job, attempt: attempt.attempt, error });
    if (attempt.attempt >= this.policy.maxAttempts) return await this.finish(attempt, { outcome: 'failed', error: label, result: null });
    // What was cut short did not fail by itself: another replica may go on at once.
    const delayMs = signal.aborted ? 0 : backoffDelayMs(attempt.attempt, this.policy.backoff);
    await this.transactor.runSystem('retry_job_run', async (tx) => {
      if (await this.runs.recordFailure(tx, attempt.id, attempt.attempt, label)) await this.runs.enqueueRun(tx, attempt.id, delayMs);
    });
  }

  private async finish({ id, job, attempt }: Attempt, end: Pick<RunEnd, 'outcome' | 'error' | 'result'>): Promise<void> {
    const ended = await this.transactor
      .runSystem('finish_job_run', async (tx) => {
        const finished = await this.runs.finishRun(tx, { id, attempt, ...end });
        if (finished === null) return null;
        const { duration_ms: durationMs, finished_at: finishedAt } = finished;
        this.outbox.append(tx, JobRunFinishedV1, { aggregateId: id, tenantId: null, payload: { runId: id, job, outcome: end.outcome, durationMs } });
        return { durationMs, finishedAt };
      })
      .catch((cause: unknown) => {
        throw new RunNotRecorded(cause);
      });
    if (ended === null) return this.logger.warn('job was taken over, its end here does not count', { name: job, attempt });
    this.metrics.finished({ job, outcome: end.outcome, ...ended });
    this.logger.info('job ended', { name: job, attempt, state: end.outcome, durationMs: ended.durationMs });
  }
}

/** The end of a run could not be recorded: no failure of the job. */
class RunNotRecorded extends Error {
  constructor(cause: unknown) {
    super('the end of a run could not be recorded', { cause });
  }
}
