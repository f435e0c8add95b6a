import type { Migration } from '@plinth/database';

const tenant = `nullif(current_setting('plinth.tenant_id', true), '')::uuid`;
const principal = `nullif(current_setting('plinth.principal_id', true), '')::uuid`;

/**
 * Roles beside the membership's, roles of a tenant's own making, invitations, and the change of memberships in the feed
 * (ADR 0038). INTERNAL_* roles are in a table that the app role cannot write: a function does, for operators alone.
 */
export const membersRolesInvitations: Migration = {
  name: '0011_members_roles_invitations',
  up: `
    ALTER TABLE tenancy.revocation DROP CONSTRAINT revocation_kind_known;
    ALTER TABLE tenancy.revocation ADD CONSTRAINT revocation_kind_known
      CHECK (kind IN ('tenant_suspended', 'tenant_restored', 'tenant_deactivated', 'session_revoked', 'api_key_revoked', 'memberships_changed'));

    -- Of the business and engineering domains, but for those that operators alone give.
    ALTER TABLE tenancy.membership ADD COLUMN roles TEXT[] NOT NULL DEFAULT '{}', ADD COLUMN version INT NOT NULL DEFAULT 1;
    ALTER TABLE tenancy.membership ADD CONSTRAINT membership_roles_are_the_tenants
      CHECK (array_position(roles, NULL) IS NULL AND array_to_string(roles, ' ') !~* '(^| )(internal|platform)');
    -- The list of members, in the order in which they joined.
    CREATE INDEX idx_membership_joined ON tenancy.membership (tenant_id, created_at, account_id);
    GRANT UPDATE (role, roles, version), DELETE ON tenancy.membership TO plinth_tenancy_app;

    CREATE TABLE tenancy.internal_role (
      tenant_id UUID NOT NULL,
      account_id UUID NOT NULL,
      role TEXT NOT NULL,
      given_by UUID NOT NULL REFERENCES tenancy.account (id),
      given_at TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (tenant_id, account_id, role),
      CONSTRAINT internal_role_membership_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES tenancy.membership (tenant_id, account_id) ON DELETE CASCADE,
      CONSTRAINT internal_role_named_so CHECK (role ~ '^INTERNAL_[A-Z][A-Z_]*$')
    );
    ALTER TABLE tenancy.internal_role ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT ON tenancy.internal_role TO plinth_tenancy_app, plinth_tenancy_system;
    CREATE POLICY app_own_tenant ON tenancy.internal_role FOR SELECT TO plinth_tenancy_app USING (tenant_id = ${tenant});
    CREATE POLICY system_reads ON tenancy.internal_role FOR SELECT TO plinth_tenancy_system USING (true);
    -- For the function below, which runs as the owner: within the transaction's tenant.
    CREATE POLICY owner_gives ON tenancy.internal_role TO plinth_tenancy_owner USING (tenant_id = ${tenant});
    CREATE POLICY owner_asks_who ON tenancy.operator FOR SELECT TO plinth_tenancy_owner USING (account_id = ${principal});
    -- Gives a member of the transaction's tenant these INTERNAL_* roles and no others, where its principal is an operator.
    CREATE FUNCTION tenancy.set_internal_roles(member UUID, wanted TEXT[]) RETURNS VOID
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM tenancy.operator WHERE account_id = ${principal}) THEN
          RAISE EXCEPTION 'internal roles are given by operators' USING ERRCODE = 'insufficient_privilege';
        END IF;
        DELETE FROM tenancy.internal_role WHERE tenant_id = ${tenant} AND account_id = member AND role <> ALL (wanted);
        INSERT INTO tenancy.internal_role (tenant_id, account_id, role, given_by)
          SELECT ${tenant}, member, role, ${principal} FROM unnest(wanted) AS role ON CONFLICT DO NOTHING;
      END $$;
    REVOKE ALL ON FUNCTION tenancy.set_internal_roles FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.set_internal_roles TO plinth_tenancy_app;

    CREATE TABLE tenancy.role (
      id UUID PRIMARY KEY,
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      name TEXT NOT NULL,
      capabilities TEXT[] NOT NULL,
      version INT NOT NULL,
      created_at TIMESTAMPTZ(3) NOT NULL,
      updated_at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT role_name_unique UNIQUE (tenant_id, name),
      -- What assignments refer to, so that none crosses tenants.
      CONSTRAINT role_of_tenant UNIQUE (tenant_id, id)
    );
    ALTER TABLE tenancy.role ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (name, capabilities, version, updated_at), DELETE ON tenancy.role TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.role TO plinth_tenancy_app USING (tenant_id = ${tenant});
    GRANT SELECT (id, tenant_id, name, capabilities) ON tenancy.role TO plinth_tenancy_system;
    CREATE POLICY system_reads ON tenancy.role FOR SELECT TO plinth_tenancy_system USING (true);

    CREATE TABLE tenancy.membership_role (
      tenant_id UUID NOT NULL,
      account_id UUID NOT NULL,
      role_id UUID NOT NULL,
      PRIMARY KEY (tenant_id, account_id, role_id),
      CONSTRAINT membership_role_membership_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES tenancy.membership (tenant_id, account_id) ON DELETE CASCADE,
      CONSTRAINT membership_role_role_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES tenancy.role (tenant_id, id)
    );
    -- Who has a role, when it changes or is to be deleted.
    CREATE INDEX idx_membership_role_role ON tenancy.membership_role (tenant_id, role_id);
    ALTER TABLE tenancy.membership_role ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, DELETE ON tenancy.membership_role TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.membership_role TO plinth_tenancy_app USING (tenant_id = ${tenant});
    GRANT SELECT ON tenancy.membership_role TO plinth_tenancy_system;
    CREATE POLICY system_reads ON tenancy.membership_role FOR SELECT TO plinth_tenancy_system USING (true);

    CREATE TABLE tenancy.invitation (
      id UUID PRIMARY KEY,
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      email TEXT NOT NULL,
      role TEXT NOT NULL,
      roles TEXT[] NOT NULL,
      custom_role_ids UUID[] NOT NULL,
      token_hash BYTEA NOT NULL,
      -- Whose right to give these roles is looked at again when it is accepted.
      invited_by UUID NOT NULL REFERENCES tenancy.account (id),
      created_at TIMESTAMPTZ(3) NOT NULL,
      expires_at TIMESTAMPTZ(3) NOT NULL,
      accepted_at TIMESTAMPTZ(3),
      accepted_by UUID REFERENCES tenancy.account (id),
      revoked_at TIMESTAMPTZ(3),
      CONSTRAINT invitation_token_unique UNIQUE (token_hash),
      CONSTRAINT invitation_email_lower CHECK (email = lower(email)),
      CONSTRAINT invitation_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
      CONSTRAINT invitation_roles_are_the_tenants CHECK (array_position(roles, NULL) IS NULL AND array_to_string(roles, ' ') !~* '(^| )(internal|platform)'),
      CONSTRAINT invitation_ends_once CHECK (accepted_at IS NULL OR revoked_at IS NULL)
    );
    -- The list of a tenant, newest first.
    CREATE INDEX idx_invitation_tenant ON tenancy.invitation (tenant_id, id);
    -- One open invitation of an address; a new one takes its place.
    CREATE UNIQUE INDEX invitation_open_unique ON tenancy.invitation (tenant_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL;
    ALTER TABLE tenancy.invitation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (accepted_at, accepted_by, revoked_at) ON tenancy.invitation TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.invitation TO plinth_tenancy_app USING (tenant_id = ${tenant});
    -- Who accepts has nothing but a token: whose it is, the system finds.
    GRANT SELECT (id, tenant_id, token_hash) ON tenancy.invitation TO plinth_tenancy_system;
    CREATE POLICY system_finds ON tenancy.invitation FOR SELECT TO plinth_tenancy_system USING (true);

    -- What a member is in a tenant, all roles together: for tokens, keys, and gateways that ask. With the rights of whoever reads it.
    CREATE VIEW tenancy.member_standing WITH (security_invoker = true) AS
      SELECT m.tenant_id, m.account_id, m.created_at, t.status AS tenant_status,
        ARRAY[m.role] || m.roles || ARRAY(SELECT i.role FROM tenancy.internal_role i WHERE i.tenant_id = m.tenant_id AND i.account_id = m.account_id ORDER BY i.role) AS roles,
        ARRAY(SELECT DISTINCT c.capability FROM tenancy.membership_role a JOIN tenancy.role r ON r.tenant_id = a.tenant_id AND r.id = a.role_id, unnest(r.capabilities) AS c (capability)
              WHERE a.tenant_id = m.tenant_id AND a.account_id = m.account_id ORDER BY c.capability) AS capabilities
      FROM tenancy.membership m JOIN tenancy.tenant t ON t.id = m.tenant_id;
    GRANT SELECT ON tenancy.member_standing TO plinth_tenancy_system;`,
  down: `
    DROP VIEW tenancy.member_standing;
    DROP TABLE tenancy.invitation;
    DROP TABLE tenancy.membership_role;
    DROP TABLE tenancy.role;
    DROP FUNCTION tenancy.set_internal_roles;
    DROP POLICY owner_asks_who ON tenancy.operator;
    DROP TABLE tenancy.internal_role;
    REVOKE UPDATE (role, roles, version), DELETE ON tenancy.membership FROM plinth_tenancy_app;
    DROP INDEX tenancy.idx_membership_joined;
    ALTER TABLE tenancy.membership DROP COLUMN version, DROP COLUMN roles;
    ALTER TABLE tenancy.revocation DROP CONSTRAINT revocation_kind_known;
    ALTER TABLE tenancy.revocation ADD CONSTRAINT revocation_kind_known
      CHECK (kind IN ('tenant_suspended', 'tenant_restored', 'tenant_deactivated', 'session_revoked', 'api_key_revoked')) NOT VALID;`,
};
