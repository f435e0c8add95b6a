import { Injectable } from '@nestjs/common';
import { OutboxesRepository } from './outboxes.repository.js';

/** One service's outbox, as operators see it. */
export interface OutboxView {
  /** The service. */
  readonly source: string;
  readonly counts: { readonly pending: number; readonly processing: number; readonly published: number; readonly failed: number };
  /** Age of the oldest event that is not published yet and has not failed for good, in seconds; null where there is none. */
  readonly oldestPendingSeconds: number | null;
}

@Injectable()
export class OutboxesService {
  constructor(private readonly outboxes: OutboxesRepository) {}

  async describeOutboxes(): Promise<{ readonly data: readonly OutboxView[] }> {
    const rows = await this.outboxes.countOutboxes();
    return {
      data: rows.map(({ source, pending, processing, published, failed, oldest_age_seconds: age }) => ({
        source,
        counts: { pending: Number(pending), processing: Number(processing), published: Number(published), failed: Number(failed) },
        // greatest() of PostgreSQL passes over null, so without any event it answers 0.
        oldestPendingSeconds: Number(pending) + Number(processing) === 0 ? null : age,
      })),
    };
  }
}
