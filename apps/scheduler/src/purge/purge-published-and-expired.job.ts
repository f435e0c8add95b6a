import { Inject, Injectable } from '@nestjs/common';
import { topics } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { assertNever } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { SchedulerConfig } from '../config.js';
import type { Job, JobResult } from '../jobs/job.js';
import { PurgeRepository, type PurgeTarget } from './purge.repository.js';

/** Rows a statement: small enough that its locks last milliseconds. */
const stepRows = 500;
/** Inbox rows outlive the topic's retention by this (contract: "Events"), for Kafka deletes by whole segments. */
const inboxMarginMs = 7 * 86_400_000;

/** Twice as long as Kafka keeps them. */
const deadLettersKeptHours = 14 * 24;

type Step = (tx: Tx) => Promise<number>;
type Counts = Record<'publishedEvents' | 'idempotencyRecords' | 'inboxRows' | 'deadLetters', number>;

/**
 * Deletes what has done its work, in all services' schemas: published events, expired idempotency records, inbox rows of
 * messages that Kafka cannot hold any more, and old dead letters.
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
    const counts: Counts = { publishedEvents: 0, idempotencyRecords: 0, inboxRows: 0, deadLetters: 0 };
    const failures: unknown[] = [];
    const targets = await this.transactor.readSystem('purge_targets', (conn) => this.purges.listTargets(conn));
    for (const target of targets) {
      try {
        await this.purge(target, counts, signal);
      } catch (error) {
        signal.throwIfAborted();
        this.logger.error('a schema could not be purged', { schema: target.schema, source: target.purge, error });
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return { counts };
  }

  private async purge({ schema, purge }: PurgeTarget, counts: Counts, signal: AbortSignal): Promise<void> {
    switch (purge) {
      case 'purge_outbox':
        counts.publishedEvents += await this.drain(signal, (tx) => this.purges.purgeOutbox(tx, schema, this.config.publishedEventsKeptHours, stepRows));
        return;
      case 'purge_idempotency':
        counts.idempotencyRecords += await this.drain(signal, (tx) => this.purges.purgeIdempotency(tx, schema, stepRows));
        return;
      case 'purge_inbox':
        for (const { name, retentionMs } of topics) {
          counts.inboxRows += await this.drain(signal, (tx) => this.purges.purgeInbox(tx, schema, name, retentionMs + inboxMarginMs, stepRows));
        }
        return;
      case 'purge_dead_letters':
        counts.deadLetters += await this.drain(signal, (tx) => this.purges.purgeDeadLetters(tx, schema, deadLettersKeptHours, stepRows));
        return;
      default:
        assertNever(purge);
    }
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
