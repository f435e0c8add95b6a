import { Injectable } from '@nestjs/common';
import { ServiceConnection } from '@plinth/auth';
import type { Job, JobResult } from '../jobs/job.js';
import { untilNoneIsLeft } from '../tenant-service/until-none-is-left.js';

/**
 * Has tenant-service tell of members' credentials that end within 30 days, and of those that have expired: the member by mail, others by an event and in the
 * tenant's trail, each once.
 *
 * Guarantee: none that an end depends on; the guard refuses by the clock, whether this runs or not.
 * Safe to repeat: what is told is passed over.
 */
@Injectable()
export class CredentialExpiry implements Job {
  readonly name = 'credential_expiry';
  // Their days end at midnight, UTC.
  readonly cron = '7 * * * *';
  readonly timeZone = 'UTC';

  constructor(private readonly tenantService: ServiceConnection) {}

  /** @throws Problem where tenant-service cannot be asked or could not tell of one; the signal's reason at once */
  async run(signal: AbortSignal): Promise<JobResult> {
    return { counts: { endingCredentials: await untilNoneIsLeft(this.tenantService, '/internal/v1/credentials/tell-endings', 'told', signal) } };
  }
}
