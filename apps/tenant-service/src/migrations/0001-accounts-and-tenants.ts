import type { Migration } from '@plinth/database';

const tenant = `nullif(current_setting('plinth.tenant_id', true), '')::uuid`;
const principal = `nullif(current_setting('plinth.principal_id', true), '')::uuid`;

/**
 * A tenant's rows are visible to its own transactions, a person's rows to that person's. The `_system`
 * role reads what login needs before it knows either: accounts and memberships by e-mail.
 */
export const accountsAndTenants: Migration = {
  name: '0001_accounts_and_tenants',
  up: `
    CREATE TABLE tenancy.tenant (
      id UUID PRIMARY KEY,
      name TEXT NOT NULL,
      slug TEXT NOT NULL,
      status TEXT NOT NULL,
      tier TEXT NOT NULL,
      contact_email TEXT,
      time_zone TEXT NOT NULL,
      settings JSONB NOT NULL,
      version INT NOT NULL,
      created_at TIMESTAMPTZ(3) NOT NULL,
      updated_at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT tenant_slug_unique UNIQUE (slug),
      CONSTRAINT tenant_status_known CHECK (status IN ('pending', 'active', 'suspended', 'deactivated')),
      CONSTRAINT tenant_tier_known CHECK (tier IN ('free', 'basic', 'professional', 'enterprise'))
    );
    ALTER TABLE tenancy.tenant ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE ON tenancy.tenant TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.tenant TO plinth_tenancy_app USING (id = ${tenant});

    CREATE TABLE tenancy.account (
      id UUID PRIMARY KEY,
      email TEXT NOT NULL,
      password_hash TEXT NOT NULL,
      status TEXT NOT NULL,
      created_at TIMESTAMPTZ(3) NOT NULL,
      updated_at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT account_email_lower CHECK (email = lower(email)),
      CONSTRAINT account_email_unique UNIQUE (email),
      CONSTRAINT account_status_known CHECK (status IN ('active', 'disabled'))
    );
    ALTER TABLE tenancy.account ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE ON tenancy.account TO plinth_tenancy_app;
    CREATE POLICY app_own_account ON tenancy.account TO plinth_tenancy_app USING (id = ${principal});
    GRANT SELECT (id, email, password_hash, status) ON tenancy.account TO plinth_tenancy_system;
    CREATE POLICY system_login ON tenancy.account FOR SELECT TO plinth_tenancy_system USING (true);

    CREATE TABLE tenancy.membership (
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      account_id UUID NOT NULL REFERENCES tenancy.account (id),
      role TEXT NOT NULL,
      created_at TIMESTAMPTZ(3) NOT NULL,
      PRIMARY KEY (tenant_id, account_id),
      CONSTRAINT membership_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer'))
    );
    -- Login lists an account's tenants.
    CREATE INDEX idx_membership_account ON tenancy.membership (account_id);
    ALTER TABLE tenancy.membership ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON tenancy.membership TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.membership TO plinth_tenancy_app USING (tenant_id = ${tenant});
    GRANT SELECT ON tenancy.membership TO plinth_tenancy_system;
    CREATE POLICY system_login ON tenancy.membership FOR SELECT TO plinth_tenancy_system USING (true);

    CREATE TABLE tenancy.consent (
      id UUID PRIMARY KEY,
      account_id UUID NOT NULL REFERENCES tenancy.account (id),
      document TEXT NOT NULL,
      document_version TEXT NOT NULL,
      given_at TIMESTAMPTZ(3) NOT NULL,
      ip TEXT
    );
    CREATE INDEX idx_consent_account ON tenancy.consent (account_id);
    ALTER TABLE tenancy.consent ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON tenancy.consent TO plinth_tenancy_app;
    CREATE POLICY app_own_consents ON tenancy.consent TO plinth_tenancy_app USING (account_id = ${principal});

    CREATE TABLE tenancy.session (
      id UUID PRIMARY KEY,
      account_id UUID NOT NULL REFERENCES tenancy.account (id),
      refresh_token_hash BYTEA NOT NULL,
      created_at TIMESTAMPTZ(3) NOT NULL,
      expires_at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT session_refresh_token_unique UNIQUE (refresh_token_hash)
    );
    CREATE INDEX idx_session_account ON tenancy.session (account_id);
    ALTER TABLE tenancy.session ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON tenancy.session TO plinth_tenancy_app;
    CREATE POLICY app_own_sessions ON tenancy.session TO plinth_tenancy_app USING (account_id = ${principal});`,
  down: `
    DROP TABLE tenancy.session;
    DROP TABLE tenancy.consent;
    DROP TABLE tenancy.membership;
    DROP TABLE tenancy.account;
    DROP TABLE tenancy.tenant;`,
};
