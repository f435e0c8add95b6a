import type { Migration } from '@plinth/database';

/**
 * Lets the scheduler delete grants that ended long ago, by a function and by nothing else; row-level security is forced on
 * the owner too, so that its policy is the fence. What they came to stands in their windows. For a day a repeat of an id is
 * known as one; after that nobody tries again.
 */
export const purgeQuotaGrants: Migration = {
  name: '0008_purge_quota_grants',
  up: `
    CREATE POLICY owner_purges ON tenancy.quota_grant TO plinth_tenancy_owner
      USING (ended_at < now() - interval '23 hours') WITH CHECK (false);
    -- Deletes up to max_rows grants that ended before the given time, the oldest first, and says how many. What is being
    -- corrected at the moment is passed over.
    CREATE FUNCTION tenancy.purge_quota_grants(ended_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH doomed AS MATERIALIZED (
          SELECT tenant_id, id FROM tenancy.quota_grant WHERE ended_at < ended_before
          ORDER BY ended_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), gone AS (
          DELETE FROM tenancy.quota_grant g USING doomed WHERE g.tenant_id = doomed.tenant_id AND g.id = doomed.id RETURNING 1
        )
        SELECT count(*)::int FROM gone
      $$;
    REVOKE ALL ON FUNCTION tenancy.purge_quota_grants FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.purge_quota_grants TO plinth_scheduler_system;`,
  down: `
    DROP FUNCTION tenancy.purge_quota_grants;
    DROP POLICY owner_purges ON tenancy.quota_grant;`,
};
