import { rolesOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';

/**
 * Lets the scheduler delete published events, by a function and by nothing else. Row-level security
 * is forced on the owner too, so that its policy is the fence: whatever the function were to ask for,
 * an event that is not published cannot be deleted.
 */
export function outboxPurgeMigration(schema: string): Migration {
  const { owner } = rolesOf(schema);
  const scheduler = rolesOf('scheduler').system;
  return {
    name: 'outbox_0002_purge',
    up: `
      CREATE POLICY owner_purges ON ${schema}.event_outbox TO ${owner} USING (status = 'published') WITH CHECK (false);
      -- Deletes up to max_rows events that were published before the given time, the oldest first, and says how many.
      -- Nobody writes to a published row again, and what is locked is passed over: no writer ever waits for this.
      -- The condition on created_at is implied by the other one; it bounds the walk along idx_outbox_status.
      CREATE FUNCTION ${schema}.purge_outbox(published_before TIMESTAMPTZ, max_rows INT) RETURNS INT
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          WITH doomed AS MATERIALIZED (
            SELECT id FROM ${schema}.event_outbox
            WHERE status = 'published' AND created_at < published_before AND processed_at < published_before
            ORDER BY created_at LIMIT max_rows FOR UPDATE SKIP LOCKED
          ), gone AS (
            DELETE FROM ${schema}.event_outbox event USING doomed WHERE event.id = doomed.id RETURNING event.id
          )
          SELECT count(*)::int FROM gone
        $$;
      REVOKE ALL ON FUNCTION ${schema}.purge_outbox FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION ${schema}.purge_outbox TO ${scheduler};`,
    down: `
      DROP FUNCTION ${schema}.purge_outbox;
      DROP POLICY owner_purges ON ${schema}.event_outbox;`,
  };
}
