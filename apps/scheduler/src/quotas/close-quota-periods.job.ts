import { Injectable } from '@nestjs/common';
import { ServiceConnection } from '@plinth/auth';
import type { Job, JobResult } from '../jobs/job.js';
import { untilNoneIsLeft } from '../tenant-service/until-none-is-left.js';

/**
 * Has tenant-service close the periods of quotas that are over: each is told of by an event and in its tenant's trail, once.
 *
 * Guarantee: none that a period depends on; the first use behind its end opens the next one, whether this runs or not.
 * Safe to repeat: what is closed is passed over.
 */
@Injectable()
export class CloseQuotaPeriods implements Job {
  readonly name = 'close_quota_periods';
  // Months end at any hour somewhere; a reservation is held for a quarter of an hour behind it at most, but for a few.
  readonly cron = '22 * * * *';
  readonly timeZone = 'UTC';

  constructor(private readonly tenantService: ServiceConnection) {}

  /** @throws Problem where tenant-service cannot be asked or could not close one; the signal's reason at once */
  async run(signal: AbortSignal): Promise<JobResult> {
    return { counts: { closedPeriods: await untilNoneIsLeft(this.tenantService, '/internal/v1/quotas/close-periods', 'closed', signal) } };
  }
}
