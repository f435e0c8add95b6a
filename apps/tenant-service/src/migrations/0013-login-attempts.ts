import type { Migration } from '@plinth/database';

/**
 * How often sign-ins failed (docs/adr/0034-lock-out.md). No tenant column, and nothing of a person: a row's key is an HMAC of an e-mail address
 * and where it was tried from. Only the system role comes here, before anybody is known.
 */
export const loginAttempts: Migration = {
  name: '0013_login_attempts',
  up: `
    CREATE TABLE tenancy.login_attempt (
      key BYTEA PRIMARY KEY,
      -- 'address': tries of an account from one address; 'account': from all that never signed in to it; 'known': the address has.
      kind TEXT NOT NULL,
      failures INT NOT NULL,
      last_at TIMESTAMPTZ NOT NULL,
      locked_until TIMESTAMPTZ,
      CONSTRAINT login_attempt_kind_known CHECK (kind IN ('address', 'account', 'known'))
    );
    -- The purge walks by age.
    CREATE INDEX idx_login_attempt_last ON tenancy.login_attempt (last_at);
    ALTER TABLE tenancy.login_attempt ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE, DELETE ON tenancy.login_attempt TO plinth_tenancy_system;
    CREATE POLICY system_counts ON tenancy.login_attempt TO plinth_tenancy_system USING (true);

    -- Row-level security is forced on the owner too, so this is the fence.
    CREATE POLICY owner_purges ON tenancy.login_attempt TO plinth_tenancy_owner
      USING (last_at < now() - CASE kind WHEN 'known' THEN interval '90 days' ELSE interval '1 day' END) WITH CHECK (false);
    -- Deletes up to max_rows counts whose last try was before the given time and that the fence lets go, and says how many.
    CREATE FUNCTION tenancy.purge_login_attempts(tried_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH doomed AS MATERIALIZED (
          SELECT key FROM tenancy.login_attempt WHERE last_at < tried_before ORDER BY last_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), gone AS (
          DELETE FROM tenancy.login_attempt attempt USING doomed WHERE attempt.key = doomed.key RETURNING attempt.key
        )
        SELECT count(*)::int FROM gone
      $$;
    REVOKE ALL ON FUNCTION tenancy.purge_login_attempts FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.purge_login_attempts TO plinth_scheduler_system;`,
  down: `
    DROP FUNCTION tenancy.purge_login_attempts;
    DROP TABLE tenancy.login_attempt;`,
};
