import { Injectable } from '@nestjs/common';
import { shape, type Described } from '@plinth/http';
import { OutboxesRepository } from './outboxes.repository.js';

/** One service's outbox, as operators see it. */
export const outboxShape = shape.named(
  'Outbox',
  shape.record({
    source: shape.text('The service.'),
    counts: shape.record({ pending: shape.integer(), processing: shape.integer(), published: shape.integer(), failed: shape.integer('Without those that were skipped.'), skipped: shape.integer() }),
    oldestPendingSeconds: shape.nullable(shape.number('Age of the oldest event that is not published yet and has not failed for good; null where there is none.')),
  }),
);
export type OutboxView = Described<typeof outboxShape>;

@Injectable()
export class OutboxesService {
  constructor(private readonly outboxes: OutboxesRepository) {}

  async describeOutboxes(): Promise<{ readonly data: readonly OutboxView[] }> {
    const rows = await this.outboxes.countOutboxes();
    return {
      data: rows.map(({ source, pending, processing, published, failed, skipped, oldest_age_seconds: age }) => ({
        source,
        counts: { pending: Number(pending), processing: Number(processing), published: Number(published), failed: Number(failed), skipped: Number(skipped) },
        // greatest() of PostgreSQL passes over null, so without any event it answers 0.
        oldestPendingSeconds: Number(pending) + Number(processing) === 0 ? null : age,
      })),
    };
  }
}
