import type { Migration } from '@plinth/database';

const noTenant = `nullif(current_setting('plinth.tenant_id', true), '') IS NULL AND nullif(current_setting('plinth.principal_id', true), '') IS NOT NULL`;

/**
 * The dead letters of every consumer group, as they were read from their topic (docs/adr/0013-dead-letter-desk.md).
 *
 * No tenant column that a policy could go by: what nobody can decode belongs to no tenant that we know of.
 * `tenant_id` says what the message claims, for operators to read. So `_app` sees rows only in a transaction of a
 * principal without a tenant, which operators alone are, and may change nothing but the wish to send one again.
 */
export const deadLetters: Migration = {
  name: '0001_dead_letters',
  up: `
    CREATE TABLE relay.dead_letter (
      id UUID PRIMARY KEY,
      sequence BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY,
      letter_topic TEXT NOT NULL,
      letter_partition INT NOT NULL,
      letter_offset BIGINT NOT NULL,
      letter_at TIMESTAMPTZ(3) NOT NULL,
      consumer_group TEXT,
      topic TEXT,
      partition INT,
      "offset" BIGINT,
      attempts INT,
      error TEXT,
      failed_at TIMESTAMPTZ(3),
      event_id UUID,
      event_type TEXT,
      tenant_id UUID,
      key BYTEA,
      value BYTEA,
      headers JSONB NOT NULL,
      received_at TIMESTAMPTZ NOT NULL DEFAULT now(),
      status TEXT NOT NULL DEFAULT 'pending',
      replay_count INT NOT NULL,
      redrive_requested_at TIMESTAMPTZ,
      redrive_requested_by UUID,
      redriven_at TIMESTAMPTZ,
      redriven_by UUID,
      redrive_error TEXT,
      CONSTRAINT dead_letter_status_known CHECK (status IN ('pending', 'redriven', 'discarded')),
      -- A letter that is read again is the same one. With its time, for offsets begin anew where a topic is made anew.
      CONSTRAINT dead_letter_place_unique UNIQUE (letter_topic, letter_partition, letter_offset, letter_at)
    );
    -- The order of the list, and of each filter that narrows it most.
    CREATE UNIQUE INDEX idx_dead_letter_sequence ON relay.dead_letter (sequence);
    CREATE INDEX idx_dead_letter_status ON relay.dead_letter (status, sequence);
    CREATE INDEX idx_dead_letter_group ON relay.dead_letter (consumer_group, sequence);
    -- What the sender looks for, several times a second: nearly always an empty index.
    CREATE INDEX idx_dead_letter_requested ON relay.dead_letter (redrive_requested_at) WHERE redrive_requested_at IS NOT NULL;

    ALTER TABLE relay.dead_letter ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, UPDATE (redrive_requested_at, redrive_requested_by) ON relay.dead_letter TO plinth_relay_app;
    CREATE POLICY operators_read ON relay.dead_letter FOR SELECT TO plinth_relay_app USING (${noTenant});
    CREATE POLICY operators_request ON relay.dead_letter FOR UPDATE TO plinth_relay_app USING (${noTenant});
    GRANT SELECT, INSERT, UPDATE (status, replay_count, redrive_requested_at, redrive_requested_by, redriven_at, redriven_by, redrive_error)
      ON relay.dead_letter TO plinth_relay_system;
    CREATE POLICY system_reads ON relay.dead_letter FOR SELECT TO plinth_relay_system USING (true);
    CREATE POLICY system_takes_in ON relay.dead_letter FOR INSERT TO plinth_relay_system WITH CHECK (true);
    CREATE POLICY system_marks ON relay.dead_letter FOR UPDATE TO plinth_relay_system USING (true);`,
  down: `DROP TABLE relay.dead_letter;`,
};
