import type { Migration } from '@plinth/database';

/**
 * Lets the scheduler delete old letters, by a function and by nothing else. Row-level security is forced on the owner
 * too, so that its policy is the fence: what Kafka still holds, 7 days, is out of reach, or a reading from the start
 * would bring it back.
 */
export const purgeDeadLetters: Migration = {
  name: '0002_purge_dead_letters',
  up: `
    CREATE INDEX idx_dead_letter_age ON relay.dead_letter (received_at);
    CREATE POLICY owner_purges ON relay.dead_letter TO plinth_relay_owner
      USING (received_at < now() - interval '7 days') WITH CHECK (false);
    -- Deletes up to max_rows letters that were received before the given time, whatever became of them, and says how many.
    CREATE FUNCTION relay.purge_dead_letters(received_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH doomed AS MATERIALIZED (
          SELECT id FROM relay.dead_letter WHERE received_at < received_before
          ORDER BY received_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), gone AS (
          DELETE FROM relay.dead_letter letter USING doomed WHERE letter.id = doomed.id RETURNING letter.id
        )
        SELECT count(*)::int FROM gone
      $$;
    REVOKE ALL ON FUNCTION relay.purge_dead_letters FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION relay.purge_dead_letters TO plinth_scheduler_system;`,
  down: `
    DROP FUNCTION relay.purge_dead_letters;
    DROP POLICY owner_purges ON relay.dead_letter;
    DROP INDEX relay.idx_dead_letter_age;`,
};
