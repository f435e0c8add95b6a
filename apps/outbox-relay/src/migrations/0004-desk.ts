import type { Migration } from '@plinth/database';

/**
 * What tells dead letters apart and puts them together: a fingerprint of the error, indexes for each filter, and who set a
 * letter aside for good (docs/adr/0028-dead-letters-to-their-end.md).
 *
 * The fingerprint is the table's own, so that a relay of the version before writes it too. It is made of names alone, none
 * of which holds a line break; what in the error's label may be an id is left out of it.
 */
export const desk: Migration = {
  name: '0004_desk',
  up: `
    CREATE FUNCTION relay.error_fingerprint(consumer_group TEXT, topic TEXT, event_type TEXT, error TEXT) RETURNS TEXT
      LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
        SELECT left(encode(sha256(convert_to(
          coalesce(consumer_group, '') || E'\\n' || coalesce(topic, '') || E'\\n' || coalesce(event_type, '') || E'\\n' ||
          regexp_replace(coalesce(error, ''), '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{6,}', '#', 'gi'), 'UTF8')), 'hex'), 16)
      $$;
    ALTER TABLE relay.dead_letter
      ADD COLUMN fingerprint TEXT NOT NULL GENERATED ALWAYS AS (relay.error_fingerprint(consumer_group, topic, event_type, error)) STORED,
      ADD COLUMN discarded_at TIMESTAMPTZ,
      ADD COLUMN discarded_by UUID,
      ADD COLUMN discard_reason TEXT,
      ADD CONSTRAINT dead_letter_discard_told CHECK ((status = 'discarded') = (discarded_at IS NOT NULL AND discard_reason IS NOT NULL));
    CREATE INDEX idx_dead_letter_fingerprint ON relay.dead_letter (fingerprint, sequence);
    CREATE INDEX idx_dead_letter_event_type ON relay.dead_letter (event_type, sequence);
    CREATE INDEX idx_dead_letter_tenant ON relay.dead_letter (tenant_id, sequence) WHERE tenant_id IS NOT NULL;
    CREATE INDEX idx_dead_letter_event ON relay.dead_letter (event_id) WHERE event_id IS NOT NULL;
    CREATE INDEX idx_dead_letter_failed ON relay.dead_letter (failed_at);
    -- By topic alone, and by the place that a message first had.
    CREATE INDEX idx_dead_letter_origin ON relay.dead_letter (topic, partition, "offset");
    GRANT UPDATE (status, discarded_at, discarded_by, discard_reason) ON relay.dead_letter TO plinth_relay_app;`,
  down: `
    REVOKE UPDATE (status, discarded_at, discarded_by, discard_reason) ON relay.dead_letter FROM plinth_relay_app;
    ALTER TABLE relay.dead_letter
      DROP CONSTRAINT dead_letter_discard_told,
      DROP COLUMN fingerprint,
      DROP COLUMN discarded_at,
      DROP COLUMN discarded_by,
      DROP COLUMN discard_reason;
    DROP INDEX relay.idx_dead_letter_event_type, relay.idx_dead_letter_tenant, relay.idx_dead_letter_event, relay.idx_dead_letter_failed,
      relay.idx_dead_letter_origin;
    DROP FUNCTION relay.error_fingerprint;`,
};
