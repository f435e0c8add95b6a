import type { Migration } from '@plinth/database';

const principal = `nullif(current_setting('plinth.principal_id', true), '')::uuid`;

/** The second factor of an account, its recovery codes, and which sessions were opened with it (docs/adr/0041-second-factor.md). */
export const secondFactor: Migration = {
  name: '0018_second_factor',
  up: `
    CREATE TABLE tenancy.second_factor (
      account_id UUID PRIMARY KEY REFERENCES tenancy.account (id),
      -- The secret of RFC 6238, under a key that is not in the database.
      sealed BYTEA NOT NULL,
      created_at TIMESTAMPTZ(3) NOT NULL,
      -- Null until its owner has shown a code: only then is it asked for.
      confirmed_at TIMESTAMPTZ(3),
      -- The time step of the last code that was taken: none is taken twice (RFC 6238, section 5.2).
      used_step BIGINT
    );
    ALTER TABLE tenancy.second_factor ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (sealed, created_at, confirmed_at, used_step), DELETE ON tenancy.second_factor TO plinth_tenancy_app;
    CREATE POLICY app_own_factor ON tenancy.second_factor TO plinth_tenancy_app USING (account_id = ${principal});

    CREATE TABLE tenancy.recovery_code (
      account_id UUID NOT NULL REFERENCES tenancy.account (id),
      code_hash BYTEA NOT NULL,
      used_at TIMESTAMPTZ(3),
      PRIMARY KEY (account_id, code_hash)
    );
    ALTER TABLE tenancy.recovery_code ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (used_at), DELETE ON tenancy.recovery_code TO plinth_tenancy_app;
    CREATE POLICY app_own_codes ON tenancy.recovery_code TO plinth_tenancy_app USING (account_id = ${principal});

    -- Whether the session's owner has shown the second factor in it.
    ALTER TABLE tenancy.session ADD COLUMN second_factor BOOLEAN NOT NULL DEFAULT false;
    GRANT UPDATE (second_factor) ON tenancy.session TO plinth_tenancy_app;`,
  down: `
    REVOKE UPDATE (second_factor) ON tenancy.session FROM plinth_tenancy_app;
    ALTER TABLE tenancy.session DROP COLUMN second_factor;
    DROP TABLE tenancy.recovery_code;
    DROP TABLE tenancy.second_factor;`,
};
