import type { Migration } from '@plinth/database';

/**
 * Lets the scheduler delete what the feed told long ago, by a function and by nothing else. Row-level security is
 * forced on the owner too, so that its policy is the fence: an hour is four times what a snapshot tells and a gateway
 * remembers (ADR 0012). Whatever is deleted here, a revoked key or session and a suspended tenant stay so in their tables.
 */
export const purgeRevocations: Migration = {
  name: '0003_purge_revocations',
  up: `
    CREATE POLICY owner_purges ON tenancy.revocation TO plinth_tenancy_owner
      USING (at < now() - interval '1 hour') WITH CHECK (false);
    -- Deletes up to max_rows revocations from before the given time, the oldest first, and says how many. Nobody writes
    -- to a row again, and the feed reads behind the newest: neither waits for this.
    CREATE FUNCTION tenancy.purge_revocations(revoked_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH doomed AS MATERIALIZED (
          SELECT sequence FROM tenancy.revocation WHERE at < revoked_before
          ORDER BY at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), gone AS (
          DELETE FROM tenancy.revocation revocation USING doomed WHERE revocation.sequence = doomed.sequence RETURNING revocation.sequence
        )
        SELECT count(*)::int FROM gone
      $$;
    REVOKE ALL ON FUNCTION tenancy.purge_revocations FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.purge_revocations TO plinth_scheduler_system;`,
  down: `
    DROP FUNCTION tenancy.purge_revocations;
    DROP POLICY owner_purges ON tenancy.revocation;`,
};
