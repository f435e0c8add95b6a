import type { Migration } from '@plinth/database';

const principal = `nullif(current_setting('plinth.principal_id', true), '')::uuid`;

/**
 * Refresh tokens that were used, so that a second use is noticed (ADR 0031). A session holds the hash of its current one;
 * `successor` is what a used one was exchanged for, sealed under the used one itself, which is not stored.
 */
export const refreshTokens: Migration = {
  name: '0004_refresh_tokens',
  up: `
    CREATE TABLE tenancy.used_refresh_token (
      token_hash BYTEA PRIMARY KEY,
      session_id UUID NOT NULL REFERENCES tenancy.session (id),
      account_id UUID NOT NULL REFERENCES tenancy.account (id),
      used_at TIMESTAMPTZ(3) NOT NULL,
      successor BYTEA NOT NULL
    );
    -- A session's used tokens are deleted with it.
    CREATE INDEX idx_used_refresh_token_session ON tenancy.used_refresh_token (session_id);
    ALTER TABLE tenancy.used_refresh_token ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON tenancy.used_refresh_token TO plinth_tenancy_app;
    CREATE POLICY app_own_tokens ON tenancy.used_refresh_token TO plinth_tenancy_app USING (account_id = ${principal});
    GRANT SELECT (token_hash, session_id) ON tenancy.used_refresh_token TO plinth_tenancy_system;
    CREATE POLICY system_finds ON tenancy.used_refresh_token FOR SELECT TO plinth_tenancy_system USING (true);

    ALTER TABLE tenancy.session ADD COLUMN refreshed_at TIMESTAMPTZ(3);
    GRANT UPDATE (refresh_token_hash, refreshed_at, expires_at) ON tenancy.session TO plinth_tenancy_app;
    -- Whoever refreshes has nothing but a token: whose it is, the system finds.
    GRANT SELECT (account_id, refresh_token_hash) ON tenancy.session TO plinth_tenancy_system;`,
  down: `
    REVOKE SELECT (account_id, refresh_token_hash) ON tenancy.session FROM plinth_tenancy_system;
    REVOKE UPDATE (refresh_token_hash, expires_at) ON tenancy.session FROM plinth_tenancy_app;
    ALTER TABLE tenancy.session DROP COLUMN refreshed_at;
    DROP TABLE tenancy.used_refresh_token;`,
};
