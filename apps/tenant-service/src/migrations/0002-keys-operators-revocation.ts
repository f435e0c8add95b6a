import type { Migration } from '@plinth/database';

const tenant = `nullif(current_setting('plinth.tenant_id', true), '')::uuid`;

/**
 * API keys, operators, the end of sessions, and the feed by which the gateway learns of what is revoked
 * (ADR 0012). The `_system` role gets what the gateway asks before there is a tenant: a key's facts, the
 * feed, and the making of operators.
 */
export const keysOperatorsRevocation: Migration = {
  name: '0002_keys_operators_revocation',
  up: `
    CREATE TABLE tenancy.api_key (
      id UUID PRIMARY KEY,
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      -- Whose role in the tenant the key acts with.
      created_by UUID NOT NULL REFERENCES tenancy.account (id),
      name TEXT NOT NULL,
      key_hash BYTEA NOT NULL,
      scopes TEXT[] NOT NULL,
      created_at TIMESTAMPTZ(3) NOT NULL,
      expires_at TIMESTAMPTZ(3),
      revoked_at TIMESTAMPTZ(3),
      CONSTRAINT api_key_hash_length CHECK (octet_length(key_hash) = 32)
    );
    -- The list of a tenant, newest first: ids are made in the order of time.
    CREATE INDEX idx_api_key_tenant ON tenancy.api_key (tenant_id, id);
    ALTER TABLE tenancy.api_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (revoked_at) ON tenancy.api_key TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.api_key TO plinth_tenancy_app USING (tenant_id = ${tenant});
    GRANT SELECT ON tenancy.api_key TO plinth_tenancy_system;
    CREATE POLICY system_looks_up ON tenancy.api_key FOR SELECT TO plinth_tenancy_system USING (true);

    -- No tenant column: operators are the platform's. No grant to the app role: login reads them as the system.
    CREATE TABLE tenancy.operator (
      account_id UUID PRIMARY KEY REFERENCES tenancy.account (id),
      roles TEXT[] NOT NULL,
      created_at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT operator_roles_known CHECK (roles <@ ARRAY['PLATFORM_ADMIN', 'PLATFORM_VIEWER'] AND cardinality(roles) > 0)
    );
    ALTER TABLE tenancy.operator ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (roles) ON tenancy.operator TO plinth_tenancy_system;
    CREATE POLICY system_operators ON tenancy.operator TO plinth_tenancy_system USING (true);

    -- The bootstrap of an operator makes an account, and changes the password of an operator's account and of no other.
    GRANT INSERT, UPDATE (password_hash, updated_at) ON tenancy.account TO plinth_tenancy_system;
    CREATE POLICY system_adds_operator ON tenancy.account FOR INSERT TO plinth_tenancy_system WITH CHECK (true);
    CREATE POLICY system_changes_operator ON tenancy.account FOR UPDATE TO plinth_tenancy_system
      USING (id IN (SELECT account_id FROM tenancy.operator));

    ALTER TABLE tenancy.session ADD COLUMN revoked_at TIMESTAMPTZ(3);
    GRANT UPDATE (revoked_at) ON tenancy.session TO plinth_tenancy_app;
    GRANT SELECT (id, revoked_at) ON tenancy.session TO plinth_tenancy_system;
    CREATE POLICY system_checks ON tenancy.session FOR SELECT TO plinth_tenancy_system USING (true);

    GRANT SELECT (id, status) ON tenancy.tenant TO plinth_tenancy_system;
    CREATE POLICY system_checks ON tenancy.tenant FOR SELECT TO plinth_tenancy_system USING (true);
    -- The feed's snapshot lists these at each start of a gateway.
    CREATE INDEX idx_tenant_suspended ON tenancy.tenant (id) WHERE status = 'suspended';

    -- No tenant column: ids and kinds only, read across tenants by the feed alone. The app role adds and cannot read.
    CREATE TABLE tenancy.revocation (
      sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      kind TEXT NOT NULL,
      subject_id UUID NOT NULL,
      at TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT revocation_kind_known CHECK (kind IN ('tenant_suspended', 'tenant_restored', 'session_revoked', 'api_key_revoked'))
    );
    -- The snapshot reads the last minutes.
    CREATE INDEX idx_revocation_at ON tenancy.revocation (at);
    ALTER TABLE tenancy.revocation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT INSERT ON tenancy.revocation TO plinth_tenancy_app;
    CREATE POLICY app_adds ON tenancy.revocation FOR INSERT TO plinth_tenancy_app WITH CHECK (true);
    GRANT SELECT ON tenancy.revocation TO plinth_tenancy_system;
    CREATE POLICY system_follows ON tenancy.revocation FOR SELECT TO plinth_tenancy_system USING (true);`,
  down: `
    DROP TABLE tenancy.revocation;
    DROP INDEX tenancy.idx_tenant_suspended;
    DROP POLICY system_checks ON tenancy.tenant;
    REVOKE SELECT (id, status) ON tenancy.tenant FROM plinth_tenancy_system;
    DROP POLICY system_checks ON tenancy.session;
    REVOKE SELECT (id, revoked_at) ON tenancy.session FROM plinth_tenancy_system;
    REVOKE UPDATE (revoked_at) ON tenancy.session FROM plinth_tenancy_app;
    ALTER TABLE tenancy.session DROP COLUMN revoked_at;
    DROP POLICY system_changes_operator ON tenancy.account;
    DROP POLICY system_adds_operator ON tenancy.account;
    REVOKE INSERT, UPDATE (password_hash, updated_at) ON tenancy.account FROM plinth_tenancy_system;
    DROP TABLE tenancy.operator;
    DROP TABLE tenancy.api_key;`,
};
