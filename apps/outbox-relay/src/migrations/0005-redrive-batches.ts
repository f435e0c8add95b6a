import type { Migration } from '@plinth/database';

const noTenant = `nullif(current_setting('plinth.tenant_id', true), '') IS NULL AND nullif(current_setting('plinth.principal_id', true), '') IS NOT NULL`;

/**
 * Redrives of many letters at once, and what became of every redriven letter (docs/adr/0028-dead-letters-to-their-end.md).
 *
 * A batch holds no list of letters: it is a filter, the newest letter that it reaches (`up_to_sequence`), and how far it has
 * come (`position`). Letters only ever leave what it selects, so the selection is that of the request. Its counts are added up
 * with the marks of the letters, in the same transactions, and outlive the letters.
 */
export const redriveBatches: Migration = {
  name: '0005_redrive_batches',
  up: `
    CREATE TABLE relay.redrive_batch (
      id UUID PRIMARY KEY,
      requested_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
      requested_by UUID NOT NULL,
      reason TEXT,
      filter JSONB NOT NULL,
      rate_per_second INT NOT NULL,
      max_replays INT NOT NULL,
      up_to_sequence BIGINT NOT NULL,
      selected INT NOT NULL,
      -- The last letter that was handed to the sender, and the moment up to which the rate has been used.
      position BIGINT NOT NULL DEFAULT 0,
      paced_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
      ended_at TIMESTAMPTZ,
      stopped_at TIMESTAMPTZ,
      stopped_by UUID,
      requested INT NOT NULL DEFAULT 0,
      sent INT NOT NULL DEFAULT 0,
      refused INT NOT NULL DEFAULT 0,
      processed INT NOT NULL DEFAULT 0,
      failed_again INT NOT NULL DEFAULT 0,
      CONSTRAINT redrive_batch_rate_positive CHECK (rate_per_second > 0 AND max_replays > 0)
    );
    CREATE INDEX idx_redrive_batch_requested ON relay.redrive_batch (requested_at, id);
    -- What the worker looks for: nearly always an empty index.
    CREATE INDEX idx_redrive_batch_open ON relay.redrive_batch (requested_at) WHERE ended_at IS NULL;
    ALTER TABLE relay.redrive_batch ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (stopped_at, stopped_by) ON relay.redrive_batch TO plinth_relay_app;
    CREATE POLICY operators_read ON relay.redrive_batch FOR SELECT TO plinth_relay_app USING (${noTenant});
    CREATE POLICY operators_request ON relay.redrive_batch FOR INSERT TO plinth_relay_app WITH CHECK (${noTenant});
    CREATE POLICY operators_stop ON relay.redrive_batch FOR UPDATE TO plinth_relay_app USING (${noTenant});
    GRANT SELECT, UPDATE (position, paced_at, ended_at, requested, sent, refused, processed, failed_again) ON relay.redrive_batch TO plinth_relay_system;
    CREATE POLICY system_reads ON relay.redrive_batch FOR SELECT TO plinth_relay_system USING (true);
    CREATE POLICY system_counts ON relay.redrive_batch FOR UPDATE TO plinth_relay_system USING (true);

    ALTER TABLE relay.dead_letter
      ADD COLUMN redrive_batch_id UUID,
      ADD COLUMN processed_at TIMESTAMPTZ,
      -- The letter that came back of this one.
      ADD COLUMN superseded_by UUID,
      DROP CONSTRAINT dead_letter_status_known,
      ADD CONSTRAINT dead_letter_status_known CHECK (status IN ('pending', 'redriven', 'processed', 'failed_again', 'discarded'));
    GRANT UPDATE (redrive_batch_id) ON relay.dead_letter TO plinth_relay_app;
    GRANT UPDATE (redrive_batch_id, processed_at, superseded_by) ON relay.dead_letter TO plinth_relay_system;`,
  down: `
    ALTER TABLE relay.dead_letter NO FORCE ROW LEVEL SECURITY;
    UPDATE relay.dead_letter SET status = 'redriven' WHERE status IN ('processed', 'failed_again');
    ALTER TABLE relay.dead_letter FORCE ROW LEVEL SECURITY;
    ALTER TABLE relay.dead_letter
      DROP CONSTRAINT dead_letter_status_known,
      ADD CONSTRAINT dead_letter_status_known CHECK (status IN ('pending', 'redriven', 'discarded')),
      DROP COLUMN redrive_batch_id,
      DROP COLUMN processed_at,
      DROP COLUMN superseded_by;
    DROP TABLE relay.redrive_batch;`,
};
