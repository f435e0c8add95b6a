import { Injectable } from '@nestjs/common';
import { ServiceConnection } from '@plinth/auth';
import type { Job, JobResult } from '../jobs/job.js';

const call = { method: 'POST', path: '/internal/v1/quotas/close-periods', headers: { 'content-type': 'application/json' }, body: '{}' } as const;
/** A call closes a hundred periods, each in a transaction of its own. Below the 30 s that a signature is good for. */
const timeoutMs = 25_000;

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
    let closedPeriods = 0;
    for (;;) {
      signal.throwIfAborted();
      const { closed, more } = read(await this.tenantService.calls.json({ ...call, idempotent: true, timeoutMs }));
      closedPeriods += closed;
      // Where nothing could be closed another run is at it.
      if (!more || closed === 0) return { counts: { closedPeriods } };
    }
  }
}

function read(answer: unknown): { readonly closed: number; readonly more: boolean } {
  const { closed, more } = (answer ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(closed) || typeof more !== 'boolean') throw new Error('the answer of tenant-service has another form');
  return { closed: closed as number, more };
}
