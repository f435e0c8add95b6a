import type { Migration } from '@plinth/database';

/** Sessions of browsers, which have a cookie in place of a refresh token (docs/adr/0043-browser-sessions.md). */
export const browserSessions: Migration = {
  name: '0020_browser_sessions',
  up: `
    ALTER TABLE tenancy.session ADD COLUMN cookie_hash BYTEA;
    ALTER TABLE tenancy.session ALTER COLUMN refresh_token_hash DROP NOT NULL;
    -- One credential a session: what a page cannot read must have no second way in.
    ALTER TABLE tenancy.session ADD CONSTRAINT session_has_one_credential CHECK (num_nonnulls(refresh_token_hash, cookie_hash) = 1);
    -- By it a gateway's question is answered.
    ALTER TABLE tenancy.session ADD CONSTRAINT session_cookie_unique UNIQUE (cookie_hash);
    -- Whoever shows a cookie has nothing else: whose session it is, and whether it goes on, the system finds.
    GRANT SELECT (cookie_hash, created_at, expires_at, refreshed_at, second_factor) ON tenancy.session TO plinth_tenancy_system;`,
  // The owner of the tables is bound by row-level security too, and a service of before knows no cookies.
  down: `
    REVOKE SELECT (cookie_hash, created_at, expires_at, refreshed_at, second_factor) ON tenancy.session FROM plinth_tenancy_system;
    ALTER TABLE tenancy.session NO FORCE ROW LEVEL SECURITY;
    DELETE FROM tenancy.session WHERE cookie_hash IS NOT NULL;
    ALTER TABLE tenancy.session FORCE ROW LEVEL SECURITY;
    ALTER TABLE tenancy.session DROP CONSTRAINT session_has_one_credential;
    ALTER TABLE tenancy.session ALTER COLUMN refresh_token_hash SET NOT NULL;
    ALTER TABLE tenancy.session DROP COLUMN cookie_hash;`,
};
