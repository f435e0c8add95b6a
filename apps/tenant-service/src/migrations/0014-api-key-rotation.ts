import type { Migration } from '@plinth/database';

const tenant = `nullif(current_setting('plinth.tenant_id', true), '')::uuid`;

/** Keys that are rotated, paused, limited to addresses and known to be used (ADR 0040). */
export const apiKeyRotation: Migration = {
  name: '0014_api_key_rotation',
  up: `
    ALTER TABLE tenancy.api_key
      ADD COLUMN version INT NOT NULL DEFAULT 1,
      -- Paused keys are refused and can be taken up again.
      ADD COLUMN active BOOLEAN NOT NULL DEFAULT true,
      -- Networks in CIDR notation; empty for any address.
      ADD COLUMN allowed_addresses TEXT[] NOT NULL DEFAULT '{}',
      ADD COLUMN replaces UUID REFERENCES tenancy.api_key (id),
      ADD COLUMN rotated_to UUID REFERENCES tenancy.api_key (id),
      -- From then on a key that was rotated is refused.
      ADD COLUMN overlap_ends_at TIMESTAMPTZ(3),
      ADD CONSTRAINT api_key_addresses_few CHECK (cardinality(allowed_addresses) <= 50),
      ADD CONSTRAINT api_key_overlap_ends CHECK ((rotated_to IS NULL) = (overlap_ends_at IS NULL));
    -- Revoking all of a tenant's keys finds those that are not, beside however many that are.
    CREATE INDEX idx_api_key_unrevoked ON tenancy.api_key (tenant_id) WHERE revoked_at IS NULL;
    GRANT UPDATE (name, version, active, allowed_addresses, expires_at, rotated_to, overlap_ends_at) ON tenancy.api_key TO plinth_tenancy_app;

    -- Apart from the keys, so that the gateways' stamps and the tenants' changes of a key do not wait for each other.
    CREATE TABLE tenancy.api_key_use (
      api_key_id UUID PRIMARY KEY REFERENCES tenancy.api_key (id),
      tenant_id UUID NOT NULL,
      last_used_at TIMESTAMPTZ(3) NOT NULL
    );
    ALTER TABLE tenancy.api_key_use ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT ON tenancy.api_key_use TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.api_key_use FOR SELECT TO plinth_tenancy_app USING (tenant_id = ${tenant});
    GRANT SELECT, INSERT, UPDATE (last_used_at) ON tenancy.api_key_use TO plinth_tenancy_system;
    CREATE POLICY system_stamps ON tenancy.api_key_use TO plinth_tenancy_system USING (true);

    -- 'api_key_changed': what gateways know of a key is old; 'tenant_keys_revoked': of all keys of the tenant.
    ALTER TABLE tenancy.revocation DROP CONSTRAINT revocation_kind_known;
    ALTER TABLE tenancy.revocation ADD CONSTRAINT revocation_kind_known
      CHECK (kind IN ('tenant_suspended', 'tenant_restored', 'tenant_deactivated', 'session_revoked', 'memberships_changed',
        'api_key_revoked', 'api_key_changed', 'tenant_keys_revoked'));`,
  down: `
    ALTER TABLE tenancy.revocation DROP CONSTRAINT revocation_kind_known;
    -- A feed of before knows none of the newer kinds: its gateways learn of them within a minute, from the facts.
    ALTER TABLE tenancy.revocation ADD CONSTRAINT revocation_kind_known
      CHECK (kind IN ('tenant_suspended', 'tenant_restored', 'tenant_deactivated', 'session_revoked', 'memberships_changed', 'api_key_revoked')) NOT VALID;
    DROP TABLE tenancy.api_key_use;
    REVOKE UPDATE (name, expires_at) ON tenancy.api_key FROM plinth_tenancy_app;
    DROP INDEX tenancy.idx_api_key_unrevoked;
    -- Without the columns nobody would know that these are refused. Forced on the owner too, row-level security would hide them.
    ALTER TABLE tenancy.api_key NO FORCE ROW LEVEL SECURITY;
    UPDATE tenancy.api_key SET revoked_at = now() WHERE revoked_at IS NULL AND (NOT active OR overlap_ends_at <= now() OR cardinality(allowed_addresses) > 0);
    ALTER TABLE tenancy.api_key FORCE ROW LEVEL SECURITY;
    ALTER TABLE tenancy.api_key DROP COLUMN version, DROP COLUMN active, DROP COLUMN allowed_addresses, DROP COLUMN replaces,
      DROP COLUMN rotated_to, DROP COLUMN overlap_ends_at;`,
};
