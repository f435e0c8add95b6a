import { rolesOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';

/**
 * An event that is given up: never published, and no longer in the way of its aggregate. The four statuses are read by other
 * tools, so it stays `failed` and says when it was skipped. That is final: later events have been published meanwhile, and it
 * cannot take its place before them any more.
 */
export function outboxSkipMigration(schema: string): Migration {
  const { owner } = rolesOf(schema);
  const relay = rolesOf('relay').system;
  return {
    name: 'outbox_0005_skip',
    up: `
      ALTER TABLE ${schema}.event_outbox ADD COLUMN skipped_at TIMESTAMPTZ;
      -- Whoever writes: what is skipped is not published after all. No row has the column yet, so none is looked at.
      ALTER TABLE ${schema}.event_outbox ADD CONSTRAINT event_outbox_skipped_for_good CHECK (skipped_at IS NULL OR status = 'failed') NOT VALID;
      GRANT UPDATE (skipped_at) ON ${schema}.event_outbox TO ${relay};
      -- The relay's check that no earlier event of the aggregate is held back; a skipped one holds nothing.
      DROP INDEX ${schema}.idx_outbox_held;
      CREATE INDEX idx_outbox_held ON ${schema}.event_outbox (aggregate_id, sequence)
        WHERE status IN ('processing', 'failed') AND skipped_at IS NULL;
      -- What counts leave out, and what the purge looks for: nearly always an empty index.
      CREATE INDEX idx_outbox_skipped ON ${schema}.event_outbox (skipped_at) WHERE skipped_at IS NOT NULL;

      -- As outbox_0002_purge; a skipped event goes away as long after its skipping as a published one after its publishing.
      DROP POLICY owner_purges ON ${schema}.event_outbox;
      CREATE POLICY owner_purges ON ${schema}.event_outbox TO ${owner}
        USING (status = 'published' OR skipped_at IS NOT NULL) WITH CHECK (false);
      CREATE OR REPLACE FUNCTION ${schema}.purge_outbox(published_before TIMESTAMPTZ, max_rows INT) RETURNS INT
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          WITH doomed AS MATERIALIZED (
            SELECT id FROM ${schema}.event_outbox
            WHERE status = 'published' AND created_at < published_before AND processed_at < published_before
            ORDER BY created_at LIMIT max_rows FOR UPDATE SKIP LOCKED
          ), given_up AS MATERIALIZED (
            SELECT id FROM ${schema}.event_outbox WHERE skipped_at < published_before
            ORDER BY skipped_at LIMIT max_rows FOR UPDATE SKIP LOCKED
          ), gone AS (
            DELETE FROM ${schema}.event_outbox event USING (SELECT id FROM doomed UNION ALL SELECT id FROM given_up) AS either
            WHERE event.id = either.id RETURNING event.id
          )
          SELECT count(*)::int FROM gone
        $$;`,
    down: `
      DROP POLICY owner_purges ON ${schema}.event_outbox;
      CREATE POLICY owner_purges ON ${schema}.event_outbox TO ${owner} USING (status = 'published') WITH CHECK (false);
      CREATE OR REPLACE FUNCTION ${schema}.purge_outbox(published_before TIMESTAMPTZ, max_rows INT) RETURNS INT
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
      DROP INDEX ${schema}.idx_outbox_skipped;
      DROP INDEX ${schema}.idx_outbox_held;
      CREATE INDEX idx_outbox_held ON ${schema}.event_outbox (aggregate_id, sequence) WHERE status IN ('processing', 'failed');
      ALTER TABLE ${schema}.event_outbox DROP COLUMN skipped_at;`,
  };
}
