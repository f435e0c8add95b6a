import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { AuditTrail } from '@plinth/outbox';
import { LedgerClock } from './ledger-clock.js';
import { OpenWindows } from './open-windows.js';
import { QuotaEvents } from './quota-events.js';
import { QuotaRecordsRepository, type EndedPeriod } from './quota-records.repository.js';

/** Of one call: each is a short transaction of its own. */
const periodsACall = 100;

/** What a call has come to. */
export interface ClosedPeriods {
  readonly closed: number;
  /** Whether there are more to be closed now. */
  readonly more: boolean;
}

/**
 * Ends the account of periods that are over: closed, with an event and an entry in the tenant's own trail that say what was used. Periods
 * are right without it, for the first use behind an end opens the next one; but a tenant that uses nothing more would never hear how its last
 * one ended. A period in which something is held still waits until that is settled or forfeited, so what is told is final but
 * for what a holder corrects later.
 */
@Injectable()
export class QuotaPeriodsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly windows: OpenWindows,
    private readonly records: QuotaRecordsRepository,
    private readonly clock: LedgerClock,
    private readonly events: QuotaEvents,
    private readonly audit: AuditTrail,
    private readonly logger: Logger,
  ) {}

  /**
   * The oldest ones first. Asked again, or by several at once, each period is closed and told of once. One that fails does not keep
   * the others from their turn.
   *
   * @throws the first error, after all have had their turn
   */
  async closeEnded(ctx: RequestContext): Promise<ClosedPeriods> {
    const due = await this.transactor.readSystem('ended_quota_periods', async (conn) => {
      const now = this.clock.read(await this.records.readTime(conn));
      return await this.records.listEnded(conn, now, periodsACall);
    });
    let closed = 0;
    const failures: unknown[] = [];
    for (const period of due) {
      try {
        if (await this.close(ctx, period)) closed += 1;
      } catch (error) {
        this.logger.error('a period of a quota could not be closed', { tenantId: period.tenantId, error });
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return { closed, more: due.length === periodsACall };
  }

  /** @returns false where another was quicker */
  private async close(ctx: RequestContext, { id, tenantId, metric }: EndedPeriod): Promise<boolean> {
    // A service has no tenant: in this transaction row-level security and the trail speak of this one. The call has no key, so that
    // each period has a transaction of its own.
    ctx.actAs({ ...ctx.principal, tenantId });
    return await this.transactor.run(ctx, async (tx) => {
      const ended = await this.windows.end(tx, ctx, { id, tenantId, metric });
      if (ended === null || !(await this.records.markReported(tx, id, ended.now))) return false;
      const { facts, used } = ended.window;
      this.events.tellPeriodEnded(tx, ctx, ended.window);
      const { period, limit, forfeited, overrun } = facts;
      this.audit.record(tx, ctx, { action: 'quota.close_period', resource: { type: 'quota', id }, after: { metric, period, limit, used, forfeited, overrun } });
      return true;
    });
  }
}
