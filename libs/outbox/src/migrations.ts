import { rolesOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';
import { outboxPurgeMigration } from './purge-migration.js';
import { outboxRearmMigration } from './rearm-migration.js';
import { outboxSkipMigration } from './skip-migration.js';
import { outboxTurnsMigration } from './turns-migration.js';

/**
 * The outbox of a schema: the fixed table first (its columns and statuses are read by other tools),
 * then the columns and indexes that we add (ADR 0001).
 */
export function outboxMigrations(schema: string): readonly Migration[] {
  const { app, system } = rolesOf(schema);
  const relay = rolesOf('relay').system;
  return [
    {
      name: 'outbox_0001',
      up: `
        CREATE TABLE ${schema}.event_outbox (
          id UUID PRIMARY KEY,
          event_type VARCHAR(100) NOT NULL,
          event_version INT NOT NULL,
          payload JSONB NOT NULL,
          aggregate_id UUID NOT NULL,
          aggregate_type VARCHAR(50) NOT NULL,
          created_at TIMESTAMPTZ DEFAULT NOW(),
          processed_at TIMESTAMPTZ,
          processing_attempts INT DEFAULT 0,
          last_error TEXT,
          status VARCHAR(20) DEFAULT 'pending',
          tenant_id UUID,
          sequence BIGINT GENERATED ALWAYS AS IDENTITY,
          partition SMALLINT NOT NULL GENERATED ALWAYS AS (get_byte(uuid_send(aggregate_id), 15) & 63) STORED,
          aggregate_version BIGINT,
          traceparent VARCHAR(55),
          next_attempt_at TIMESTAMPTZ,
          CONSTRAINT event_outbox_status_known CHECK (status IN ('pending', 'processing', 'published', 'failed'))
        );
        CREATE INDEX idx_outbox_status ON ${schema}.event_outbox (status, created_at);
        CREATE INDEX idx_outbox_aggregate ON ${schema}.event_outbox (aggregate_type, aggregate_id);
        -- The relay's look: what may be published, in insertion order. Published and failed rows are not in it, however
        -- many; without the failed ones it also cannot be taken for the next index, whose rows the relay asks for.
        CREATE INDEX idx_outbox_unpublished ON ${schema}.event_outbox (sequence) WHERE status IN ('pending', 'processing');
        -- The relay's check that no earlier event of the aggregate is held back.
        CREATE INDEX idx_outbox_held ON ${schema}.event_outbox (aggregate_id, sequence) WHERE status IN ('processing', 'failed');

        -- A service only adds; it can neither read nor change what it has promised to publish.
        ALTER TABLE ${schema}.event_outbox ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        GRANT INSERT ON ${schema}.event_outbox TO ${app}, ${system};
        CREATE POLICY app_adds ON ${schema}.event_outbox FOR INSERT TO ${app}
          WITH CHECK (tenant_id IS NULL OR tenant_id = nullif(current_setting('plinth.tenant_id', true), '')::uuid);
        CREATE POLICY system_adds ON ${schema}.event_outbox FOR INSERT TO ${system} WITH CHECK (true);
        GRANT SELECT, UPDATE (status, processed_at, processing_attempts, last_error, next_attempt_at)
          ON ${schema}.event_outbox TO ${relay};
        CREATE POLICY relay_reads ON ${schema}.event_outbox FOR SELECT TO ${relay} USING (true);
        CREATE POLICY relay_marks ON ${schema}.event_outbox FOR UPDATE TO ${relay} USING (true);

        -- How many events an aggregate has had. No tenant column: ids and counts only, and no role may read it;
        -- the function below is the only way in.
        CREATE TABLE ${schema}.outbox_aggregate (
          aggregate_type VARCHAR(50) NOT NULL,
          aggregate_id UUID NOT NULL,
          version BIGINT NOT NULL,
          PRIMARY KEY (aggregate_type, aggregate_id)
        );
        -- Counts the aggregate on by n and returns its version before. The row stays locked until the commit, so
        -- the versions and sequences of an aggregate follow the order of its commits.
        CREATE FUNCTION ${schema}.advance_aggregate(of_type VARCHAR, of_id UUID, n INT) RETURNS BIGINT
          LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            INSERT INTO ${schema}.outbox_aggregate AS known (aggregate_type, aggregate_id, version)
            VALUES (of_type, of_id, n)
            ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET version = known.version + n
            RETURNING version - n
          $$;
        REVOKE ALL ON FUNCTION ${schema}.advance_aggregate FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION ${schema}.advance_aggregate TO ${app}, ${system};`,
      down: `
        DROP FUNCTION ${schema}.advance_aggregate;
        DROP TABLE ${schema}.outbox_aggregate;
        DROP TABLE ${schema}.event_outbox;`,
    },
    outboxPurgeMigration(schema),
    outboxTurnsMigration(schema),
    outboxRearmMigration(schema),
    outboxSkipMigration(schema),
  ];
}
