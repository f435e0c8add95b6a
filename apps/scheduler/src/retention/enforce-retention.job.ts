import { Injectable } from '@nestjs/common';
import { ServiceConnection } from '@plinth/auth';
import { retentionClassNames } from '@plinth/contracts';
import type { Job, JobResult } from '../jobs/job.js';

const call = { method: 'POST', path: '/internal/v1/retention/enforce', headers: { 'content-type': 'application/json' }, body: '{}' } as const;
/** A call deletes 50,000 rows at most, in transactions of 500. Below the 30 s that a signature is good for. */
const timeoutMs = 25_000;

/**
 * Has tenant-service delete what is past its time: ended sessions, invitations and keys, consents that are over (ADR 0046).
 *
 * Guarantee: nothing that is under a legal hold; what went stands counted in the trails. Safe to repeat: what is gone is not there.
 */
@Injectable()
export class EnforceRetention implements Job {
  readonly name = 'enforce_retention';
  // At night where most are, and after the hour's purge.
  readonly cron = '47 2 * * *';
  readonly timeZone = 'UTC';

  constructor(private readonly tenantService: ServiceConnection) {}

  /** @throws Problem where tenant-service cannot be asked or one class failed; the signal's reason at once */
  async run(signal: AbortSignal): Promise<JobResult> {
    const deleted = new Map<string, number>(retentionClassNames.map((name) => [name, 0]));
    for (;;) {
      signal.throwIfAborted();
      const answer = read(await this.tenantService.calls.json({ ...call, idempotent: true, timeoutMs }));
      for (const name of retentionClassNames) deleted.set(name, (deleted.get(name) ?? 0) + (answer.deleted[name] ?? 0));
      if (!answer.more) return { counts: { ...Object.fromEntries(deleted), held: Object.values(answer.held).reduce((sum, each) => sum + each, 0) } };
    }
  }
}

type Counts = Readonly<Record<string, number>>;

function read(answer: unknown): { readonly deleted: Counts; readonly held: Counts; readonly more: boolean } {
  const { deleted, held, more } = (answer ?? {}) as Record<string, unknown>;
  if (!isCounts(deleted) || !isCounts(held) || typeof more !== 'boolean') throw new Error('the answer of tenant-service has another form');
  return { deleted, held, more };
}

function isCounts(value: unknown): value is Counts {
  return typeof value === 'object' && value !== null && Object.values(value).every((each) => Number.isSafeInteger(each));
}
