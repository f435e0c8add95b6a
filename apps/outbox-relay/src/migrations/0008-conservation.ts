import type { Migration } from '@plinth/database';

/**
 * What was told against what became of it, minute by minute (docs/adr/0029-conservation.md). Counts of all tenants together; no
 * ids: those are looked up where a minute does not balance, while its rows are there.
 */
export const conservation: Migration = {
  name: '0008_conservation',
  up: `
    -- A row of the outbox itself has no group; handled to missing are of a group, skipped and waiting of the outbox.
    CREATE TABLE relay.conservation (
      source TEXT NOT NULL,
      consumer_group TEXT NOT NULL DEFAULT '',
      minute TIMESTAMPTZ NOT NULL,
      committed INT NOT NULL DEFAULT 0,
      published INT NOT NULL DEFAULT 0,
      skipped INT NOT NULL DEFAULT 0,
      waiting INT NOT NULL DEFAULT 0,
      handled INT NOT NULL DEFAULT 0,
      dead INT NOT NULL DEFAULT 0,
      discarded INT NOT NULL DEFAULT 0,
      missing INT NOT NULL DEFAULT 0,
      surplus INT NOT NULL DEFAULT 0,
      balanced BOOLEAN NOT NULL GENERATED ALWAYS AS (waiting = 0 AND missing = 0 AND surplus = 0) STORED,
      -- Its rows are going: the verdict stays as it is.
      closed BOOLEAN NOT NULL DEFAULT false,
      checked_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT conservation_pkey PRIMARY KEY (minute, source, consumer_group)
    );
    CREATE INDEX idx_conservation_unbalanced ON relay.conservation (minute, source) WHERE NOT balanced;
    -- How far each outbox has been checked, and each inbox read for what no outbox has.
    CREATE TABLE relay.conservation_mark (
      source TEXT PRIMARY KEY,
      checked_until TIMESTAMPTZ NOT NULL,
      checked_at TIMESTAMPTZ NOT NULL
    );
    -- Since when a type's events are a group's. One that begins with its topics has them all.
    CREATE TABLE relay.consumer_start (
      consumer_group TEXT NOT NULL,
      event_type TEXT NOT NULL,
      starts_at TIMESTAMPTZ NOT NULL,
      CONSTRAINT consumer_start_pkey PRIMARY KEY (consumer_group, event_type)
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON relay.conservation TO plinth_relay_system;
    GRANT SELECT, INSERT, UPDATE ON relay.conservation_mark TO plinth_relay_system;
    GRANT SELECT, INSERT ON relay.consumer_start TO plinth_relay_system;`,
  down: `
    DROP TABLE relay.consumer_start;
    DROP TABLE relay.conservation_mark;
    DROP TABLE relay.conservation;`,
};
