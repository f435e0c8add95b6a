import { TenantUpdatedV1 } from '@plinth/contracts';
import pg from 'pg';
import { payloadOf } from './sample-events.ts';

const step = 250_000;

/** Rows of events that were published long ago, with every index that they have in life. */
export async function addPublished(client: pg.Client, count: number): Promise<void> {
  for (let done = 0; done < count; done += step) {
    await client.query(
      `INSERT INTO tenancy.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, aggregate_version, status, created_at, processed_at)
       SELECT uuidv7(), $1, $2, $3::jsonb, uuidv7(), $4, 1, 'published', now(), now() FROM generate_series(1, $5::int)`,
      [TenantUpdatedV1.type, TenantUpdatedV1.version, JSON.stringify(payloadOf('018f0000-0000-7000-8000-000000000000')), TenantUpdatedV1.aggregateType, step],
    );
  }
  await client.query('ANALYZE tenancy.event_outbox');
}

/**
 * A snapshot that somebody holds open, as a backup or a report does: nothing that is updated from then on leaves the table or its
 * indexes.
 */
export async function holdSnapshot(databaseUrl: string): Promise<AsyncDisposable> {
  const holder = new pg.Client({ connectionString: databaseUrl });
  await holder.connect();
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await holder.query('SELECT count(*) FROM tenancy.tenant');
  return { [Symbol.asyncDispose]: () => holder.end() };
}
