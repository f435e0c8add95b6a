import { Inject, Injectable } from '@nestjs/common';
import { retention, topics } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { assertNever } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { SchedulerConfig } from '../config.js';
import type { Job, JobResult } from '../jobs/job.js';
import { PurgeRepository, type PurgeFunction, type PurgeTarget } from './purge.repository.js';

/** Rows a statement: small enough that its locks last milliseconds. */
const stepRows = 500;

/** What a run tells of each function's work. */
const countNames = {
  purge_outbox: 'publishedEvents',
  purge_idempotency: 'idempotencyRecords',
  purge_inbox: 'inboxRows',
  purge_dead_letters: 'deadLetters',
  purge_revocations: 'revocations',
  purge_quota_grants: 'quotaGrants',
  purge_mail: 'mails',
  purge_exports: 'exports',
  purge_login_attempts: 'loginAttempts',
  purge_job_runs: 'jobRuns',
} as const satisfies Record<PurgeFunction, string>;

type Step = (tx: Tx) => Promise<number>;
type Counts = Record<(typeof countNames)[PurgeFunction], number>;

/**
 * Deletes what has done its work, in all services' schemas: published events, expired idempotency records, inbox rows of
 * messages that Kafka cannot hold any more, old dead letters, revocations that every gateway has heard of, ended grants of quotas, old
 * mail and the tokens in it, archives that expired, counts of failed sign-ins, and old job runs.
 *
 * Guarantee: nothing else; the functions that it calls and their tables' policies see to that. Writers never
 * wait for it: each step is a short transaction of its own and passes over what is locked.
 * A schema that fails does not keep the others from their turn; the run fails then, and is tried again.
 */
@Injectable()
export class PurgePublishedAndExpired implements Job {
  readonly name = 'purge_published_and_expired';
  // Not on the hour, when everything else begins.
  readonly cron = '17 * * * *';
  readonly timeZone = 'UTC';

  constructor(
    @Inject(SchedulerConfig) private readonly config: Pick<SchedulerConfig, 'publishedEventsKeptHours'>,
    private readonly transactor: Transactor,
    private readonly purges: PurgeRepository,
    private readonly logger: Logger,
  ) {}

  /** @throws the first error of a schema, after all have had their turn; the signal's reason at once */
  async run(signal: AbortSignal): Promise<JobResult> {
    const counts: Counts = { publishedEvents: 0, idempotencyRecords: 0, inboxRows: 0, deadLetters: 0, revocations: 0, quotaGrants: 0, mails: 0, exports: 0, loginAttempts: 0, jobRuns: 0 };
    const failures: unknown[] = [];
    const targets = await this.transactor.readSystem('purge_targets', (conn) => this.purges.listTargets(conn));
    for (const target of targets) {
      try {
        counts[countNames[target.purge]] += await this.purge(target, signal);
      } catch (error) {
        signal.throwIfAborted();
        this.logger.error('a schema could not be purged', { schema: target.schema, source: target.purge, error });
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return { counts };
  }

  private async purge(target: PurgeTarget, signal: AbortSignal): Promise<number> {
    const older = (keptMs: number) => this.drain(signal, (tx) => this.purges.purge(tx, target, keptMs, stepRows));
    switch (target.purge) {
      case 'purge_outbox':
        return await older(this.config.publishedEventsKeptHours * 3_600_000);
      case 'purge_idempotency':
      case 'purge_exports':
        return await older(0);
      case 'purge_dead_letters':
        return await older(retention.deadLettersMs);
      case 'purge_revocations':
        return await older(retention.revocationsMs);
      case 'purge_quota_grants':
        return await older(retention.quotaGrantsMs);
      case 'purge_mail':
        return await older(retention.mailMs);
      case 'purge_login_attempts':
        return await older(retention.loginAttemptsMs);
      case 'purge_job_runs':
        return await older(retention.jobRunsMs);
      case 'purge_inbox':
        return await this.purgeInbox(target.schema, signal);
      default:
        return assertNever(target.purge);
    }
  }

  private async purgeInbox(schema: string, signal: AbortSignal): Promise<number> {
    let total = 0;
    for (const { name, retentionMs } of topics) {
      total += await this.drain(signal, (tx) => this.purges.purgeInbox(tx, schema, name, retentionMs + retention.inboxMarginMs, stepRows));
    }
    return total;
  }

  /** Step after step, until one finds less than it could take. */
  private async drain(signal: AbortSignal, step: Step): Promise<number> {
    let total = 0;
    for (;;) {
      signal.throwIfAborted();
      const gone = await this.transactor.runSystem('purge_published_and_expired', step);
      total += gone;
      if (gone < stepRows) return total;
    }
  }
}
