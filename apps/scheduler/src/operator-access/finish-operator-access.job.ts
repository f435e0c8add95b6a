import { Injectable } from '@nestjs/common';
import { ServiceConnection } from '@plinth/auth';
import type { Job, JobResult } from '../jobs/job.js';
import { untilNoneIsLeft } from '../tenant-service/until-none-is-left.js';

/**
 * Has tenant-service tell of operators' access to tenants whose time is over, and of requests that nobody answered: each by an event and in its tenant's
 * trail, once.
 *
 * Guarantee: none that the end depends on; gateways and services refuse by the clock, whether this runs or not.
 * Safe to repeat: what is told is passed over.
 */
@Injectable()
export class FinishOperatorAccess implements Job {
  readonly name = 'finish_operator_access';
  // The trail's entry says when the time was over, and may come some minutes later.
  readonly cron = '*/5 * * * *';
  readonly timeZone = 'UTC';

  constructor(private readonly tenantService: ServiceConnection) {}

  /** @throws Problem where tenant-service cannot be asked or could not tell of one; the signal's reason at once */
  async run(signal: AbortSignal): Promise<JobResult> {
    return { counts: { finishedAccess: await untilNoneIsLeft(this.tenantService, '/internal/v1/operator-access/finish-over', 'finished', signal) } };
  }
}
