import type { Migration } from '@plinth/database';

/**
 * Old letters end as counts (docs/adr/0028-dead-letters-to-their-end.md). Kafka deletes by whole segments, so it may hold a letter
 * for longer than 7 days: `purged_place` says up to where each partition's letters are archived, and a reading from the start
 * brings none of them back. With the time, for offsets begin anew where a topic is made anew.
 *
 * What waits to be sent stays until it is. Counts hold names alone, of a letter and no tenant, and are kept 400 days.
 */
export const archive: Migration = {
  name: '0006_archive',
  up: `
    CREATE TABLE relay.dead_letter_archive (
      day DATE NOT NULL,
      fingerprint TEXT NOT NULL,
      status TEXT NOT NULL,
      consumer_group TEXT,
      topic TEXT,
      event_type TEXT,
      error TEXT,
      letters BIGINT NOT NULL,
      CONSTRAINT dead_letter_archive_pkey PRIMARY KEY (day, fingerprint, status)
    );
    GRANT SELECT ON relay.dead_letter_archive TO plinth_relay_app;
    CREATE TABLE relay.purged_place (
      letter_topic TEXT NOT NULL,
      letter_partition INT NOT NULL,
      letter_offset BIGINT NOT NULL,
      letter_at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT purged_place_pkey PRIMARY KEY (letter_topic, letter_partition)
    );
    GRANT SELECT ON relay.purged_place TO plinth_relay_system;

    -- Turns up to max_rows letters that were received before the given time into counts, whatever became of them, and says
    -- how many.
    CREATE OR REPLACE FUNCTION relay.purge_dead_letters(received_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH doomed AS MATERIALIZED (
          SELECT id FROM relay.dead_letter WHERE received_at < received_before AND redrive_requested_at IS NULL
          ORDER BY received_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), gone AS (
          DELETE FROM relay.dead_letter letter USING doomed WHERE letter.id = doomed.id RETURNING letter.*
        ), counted AS (
          INSERT INTO relay.dead_letter_archive AS archived (day, fingerprint, status, consumer_group, topic, event_type, error, letters)
          SELECT (received_at AT TIME ZONE 'UTC')::date, fingerprint, status, min(consumer_group), min(topic), min(event_type), min(error), count(*)
          FROM gone GROUP BY 1, 2, 3
          ON CONFLICT ON CONSTRAINT dead_letter_archive_pkey DO UPDATE SET letters = archived.letters + excluded.letters
        ), placed AS (
          INSERT INTO relay.purged_place AS known (letter_topic, letter_partition, letter_offset, letter_at)
          SELECT letter_topic, letter_partition, max(letter_offset), max(letter_at) FROM gone GROUP BY 1, 2
          ON CONFLICT ON CONSTRAINT purged_place_pkey DO UPDATE
            SET letter_offset = CASE WHEN excluded.letter_offset < known.letter_offset AND excluded.letter_at > known.letter_at
                  THEN excluded.letter_offset -- the topic was made anew
                  ELSE greatest(known.letter_offset, excluded.letter_offset) END,
                letter_at = greatest(known.letter_at, excluded.letter_at)
        ), expired AS (
          DELETE FROM relay.dead_letter_archive WHERE day < (now() AT TIME ZONE 'UTC')::date - 400
        )
        SELECT count(*)::int FROM gone
      $$;`,
  down: `
    CREATE OR REPLACE FUNCTION relay.purge_dead_letters(received_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH doomed AS MATERIALIZED (
          SELECT id FROM relay.dead_letter WHERE received_at < received_before
          ORDER BY received_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), gone AS (
          DELETE FROM relay.dead_letter letter USING doomed WHERE letter.id = doomed.id RETURNING letter.id
        )
        SELECT count(*)::int FROM gone
      $$;
    DROP TABLE relay.purged_place;
    DROP TABLE relay.dead_letter_archive;`,
};
