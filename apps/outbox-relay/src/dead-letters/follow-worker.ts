import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { Logger } from '@plinth/logging';
import { Metrics, type Instruments } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { deskMetrics } from '../metrics.js';
import { FollowingRepository } from './following.repository.js';

/** The name of the transaction that looks after letters of all tenants, and of none. */
const followDeadLetters = 'follow_dead_letters';

const intervalMs = 500;
// Between two steps through many: letters of a group that stands still are looked at again and again.
const stepMs = 100;
const stepLetters = 500;
const backoff = { baseMs: 100, capMs: 5000 };

/**
 * Follows letters that were sent again to their end: processed, as the inbox of the group says, or back as another letter.
 *
 * Guarantee: what it says is so; it may say it late. A letter whose group nobody runs, whose inbox cannot be read here, or that
 * names no event and does not come back, stays `redriven`.
 * Safe with several copies: yes, one looks at a time. Where it has come to is kept in memory alone: it goes round.
 */
@Injectable()
export class FollowWorker extends Worker {
  private readonly redriven: Instruments<typeof deskMetrics>['redriven'];
  private position = '0';

  constructor(
    private readonly transactor: Transactor,
    private readonly letters: FollowingRepository,
    logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'follow', intervalMs, backoff, logger, metrics });
    this.redriven = metrics.of(deskMetrics).redriven;
  }

  /** Some letters, in the order of their arrival. @throws the driver's error where the database is away */
  override async runOnce(): Promise<NextRun> {
    const last = await this.transactor.runSystem(followDeadLetters, async (tx) => {
      if (!(await this.letters.becomeFollower(tx))) return null;
      const followed = await this.letters.listFollowed(tx, this.position, stepLetters);
      if (followed.length === 0) return null;
      const ids = followed.map(({ id }) => id);
      // First, so that a letter that came back is told so, also where the one that came back has been processed since.
      const failedAgain = await this.letters.closeFailedAgain(tx, ids);
      let processed = 0;
      for (const schema of await this.letters.listInboxSchemas(tx)) processed += await this.letters.closeProcessed(tx, schema, ids);
      this.redriven.add({ outcome: 'processed' }, processed);
      this.redriven.add({ outcome: 'failed_again' }, failedAgain);
      return followed.length === stepLetters ? (followed.at(-1)?.sequence ?? null) : null;
    });
    this.position = last ?? '0';
    return last === null ? 'after_interval' : { afterMs: stepMs };
  }
}
