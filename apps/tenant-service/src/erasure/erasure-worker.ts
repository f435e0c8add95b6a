import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { Problem } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { legalHoldErrors } from '../legal-holds/legal-holds.errors.js';
import { ErasureSteps } from './erasure-steps.js';
import { ErasuresRepository, type ClaimedErasure } from './erasures.repository.js';

const intervalMs = 1_000;
const backoff = { baseMs: 100, capMs: 10_000 };
const batchSize = 10;
/** Longer than the steps of a batch take. */
const leaseSeconds = 120;

/**
 * Carries out the erasures that were asked for.
 *
 * Guarantee: each is carried out, however often a process dies in the middle of one; every step is a transaction.
 * Safe with several copies: yes, each takes erasures that no other has.
 * Limits: one whose step fails, or on which a legal hold is, is tried again after its lease, without an end; the log says so.
 */
@Injectable()
export class ErasureWorker extends Worker {
  constructor(
    private readonly transactor: Transactor,
    private readonly erasures: ErasuresRepository,
    private readonly steps: ErasureSteps,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'erasure', intervalMs, backoff, logger, metrics });
  }

  /** One batch. @throws the driver's error where the database is away */
  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    const due = await this.transactor.runSystem('due_erasures', (tx) => this.erasures.claimDue(tx, batchSize, leaseSeconds));
    for (const erasure of due) {
      // What is not begun is due again after the lease.
      if (signal.aborted) break;
      await this.carryOut(erasure);
    }
    return due.length === batchSize ? 'at_once' : 'after_interval';
  }

  private async carryOut(erasure: ClaimedErasure): Promise<void> {
    try {
      for (const tenantId of await this.erasures.listTenants(erasure.accountId)) await this.steps.leave(tenantId, erasure);
      await this.steps.eraseAccount(erasure);
      this.logger.info('an account was erased', { eventId: erasure.id });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== legalHoldErrors.held().code) throw error;
      this.logger.warn('an erasure waits for the end of a legal hold that came after it was asked for', { eventId: erasure.id });
    }
  }
}
