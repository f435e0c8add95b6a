import { Injectable } from '@nestjs/common';
import { services } from '@plinth/contracts';
import { Transactor } from '@plinth/database';

/** How full one service's outbox is. Counts are decimal. */
export interface OutboxRow {
  readonly source: string;
  readonly pending: string;
  readonly processing: string;
  readonly published: string;
  readonly failed: string;
  readonly skipped: string;
  readonly oldest_age_seconds: number | null;
}

@Injectable()
export class OutboxesRepository {
  constructor(private readonly transactor: Transactor) {}

  /** By the system role, which alone sees every service's outbox. */
  async countOutboxes(): Promise<OutboxRow[]> {
    return await this.transactor.readSystem('count_outboxes', (conn) => conn.query<OutboxRow>(COUNT_OUTBOXES));
  }
}

/** Index: idx_outbox_status has all that is asked for, and idx_outbox_skipped what is to be left out of it. Names are those of the table of services. */
const COUNT_OUTBOXES = services
  .map(
    ({ name, schema }) => `
  SELECT '${name}' AS source,
    count(*) FILTER (WHERE status = 'pending') AS pending,
    count(*) FILTER (WHERE status = 'processing') AS processing,
    count(*) FILTER (WHERE status = 'published') AS published,
    count(*) FILTER (WHERE status = 'failed') - (SELECT count(*) FROM ${schema}.event_outbox WHERE skipped_at IS NOT NULL) AS failed,
    (SELECT count(*) FROM ${schema}.event_outbox WHERE skipped_at IS NOT NULL) AS skipped,
    greatest(0, extract(epoch FROM clock_timestamp() - min(created_at) FILTER (WHERE status IN ('pending', 'processing'))))::float8 AS oldest_age_seconds
  FROM ${schema}.event_outbox`,
  )
  .join(' UNION ALL ');
