import { Inject, Injectable } from '@nestjs/common';
import { Transactor, unitOf } from '@plinth/database';
import { SignedCursor, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { AuditTrail } from '@plinth/outbox';
import { deadLetterErrors } from './dead-letters.errors.js';
import type { RedriveDeadLettersDto } from './dto/redrive-dead-letters.dto.js';
import { filtersIn } from './letter-filters.js';
import { excludedIn, redriveBatchView, redrivePlanView, type RedriveBatchView, type RedrivePlanView } from './redrive-batch-view.js';
import { RedriveBatchesRepository, type BatchPosition } from './redrive-batches.repository.js';
import { REDRIVE_GROUPS } from './redrive-groups.js';
import { defaultMaxReplays, defaultRatePerSecond } from './redrive-limits.js';
import { RedriveWorker } from './redrive-worker.js';

/** Redrives of many letters. */
@Injectable()
export class RedriveBatchesService {
  constructor(
    private readonly transactor: Transactor,
    private readonly batches: RedriveBatchesRepository,
    private readonly cursors: SignedCursor,
    private readonly audit: AuditTrail,
    private readonly worker: RedriveWorker,
    @Inject(REDRIVE_GROUPS) private readonly groups: readonly string[],
  ) {}

  /**
   * Tells what a filter reaches, and where it is no dry run notes that these are to be sent again; the worker sends them
   * after the commit, at the rate. What comes later is not reached.
   *
   * @throws Problem `redrive_selection_unclear`, `reason_required` (422)
   */
  async redrive(context: RequestContext, request: RedriveDeadLettersDto): Promise<RedrivePlanView> {
    const filters = filtersIn(request.filter ?? {});
    if ((request.all === true) === Object.keys(filters).length > 0) throw deadLetterErrors.selectionUnclear();
    const maxReplays = request.maxReplays ?? defaultMaxReplays;
    const reason = request.reason ?? null;
    if (maxReplays > defaultMaxReplays && reason === null) throw deadLetterErrors.reasonRequired();
    const selection = { filters, maxReplays, groups: this.groups };
    if (request.dryRun === true) return redrivePlanView(await this.transactor.read(context, (conn) => this.batches.plan(conn, selection)), null);
    return await this.transactor.run(context, async (tx) => {
      const plan = await this.batches.plan(tx, selection);
      const batch = await this.batches.insertBatch(tx, { ...selection, plan, reason, operatorId: context.principalId, ratePerSecond: request.ratePerSecond ?? defaultRatePerSecond });
      const excluded = Object.fromEntries(excludedIn(plan).map((row) => [row.reason, row.count]));
      this.audit.record(tx, context, {
        action: 'dead_letter.redrive',
        resource: { type: 'dead_letter_redrive', id: batch.id },
        ...(reason === null ? {} : { reason }),
        after: { filter: filters, all: request.all === true, selected: plan.selected, excluded, upToSequence: plan.upToSequence, ratePerSecond: batch.rate_per_second, maxReplays },
      });
      unitOf(tx).afterCommit(() => this.worker.wake());
      return redrivePlanView(plan, batch);
    });
  }

  /** @throws Problem `cursor_invalid` (400) */
  async listBatches(context: RequestContext, query: PageQuery): Promise<Page<RedriveBatchView>> {
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['dead-letter-redrives'],
      read: (before: BatchPosition | null, limit) => this.transactor.read(context, (conn) => this.batches.listBatches(conn, before, limit)),
      positionOf: (row): BatchPosition => [row.requested_at_text, row.id],
    });
    return { data: rows.map(redriveBatchView), nextCursor };
  }

  /** @throws Problem `dead_letter_redrive_not_found` (404) */
  async getBatch(context: RequestContext, id: string): Promise<RedriveBatchView> {
    const batch = await this.transactor.read(context, (conn) => this.batches.findBatch(conn, id));
    if (batch === null) throw deadLetterErrors.redriveNotFound();
    return redriveBatchView(batch);
  }

  /** Ends the sending; what was sent is followed on. @throws Problem `dead_letter_redrive_not_found` (404), `dead_letter_redrive_ended` (409) */
  async stopBatch(context: RequestContext, id: string): Promise<RedriveBatchView> {
    return await this.transactor.run(context, async (tx) => {
      const stopped = await this.batches.stopBatch(tx, id, context.principalId);
      if (stopped === null) throw (await this.batches.findBatch(tx, id)) === null ? deadLetterErrors.redriveNotFound() : deadLetterErrors.redriveEnded();
      const { selected, requested } = stopped;
      this.audit.record(tx, context, { action: 'dead_letter.stop_redrive', resource: { type: 'dead_letter_redrive', id }, after: { selected, requested } });
      return redriveBatchView(stopped);
    });
  }
}
