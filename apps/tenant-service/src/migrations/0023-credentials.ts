import type { Migration } from '@plinth/database';

const tenant = `nullif(current_setting('plinth.tenant_id', true), '')::uuid`;

const standing = (more: string) => `
    CREATE OR REPLACE VIEW tenancy.member_standing WITH (security_invoker = true) AS
      SELECT m.tenant_id, m.account_id, m.created_at, t.status AS tenant_status,
        ARRAY[m.role] || m.roles || ARRAY(SELECT i.role FROM tenancy.internal_role i WHERE i.tenant_id = m.tenant_id AND i.account_id = m.account_id ORDER BY i.role) AS roles,
        ARRAY(SELECT DISTINCT c.capability FROM tenancy.membership_role a JOIN tenancy.role r ON r.tenant_id = a.tenant_id AND r.id = a.role_id, unnest(r.capabilities) AS c (capability)
              WHERE a.tenant_id = m.tenant_id AND a.account_id = m.account_id ORDER BY c.capability) AS capabilities${more}
      FROM tenancy.membership m JOIN tenancy.tenant t ON t.id = m.tenant_id;`;

/** Credentials of members, verified by their tenant (docs/adr/0044-credentials.md). */
export const credentials: Migration = {
  name: '0023_credentials',
  up: `
    CREATE TABLE tenancy.credential (
      id UUID PRIMARY KEY,
      tenant_id UUID NOT NULL,
      account_id UUID NOT NULL,
      kind TEXT NOT NULL,
      -- The number, under a key that is not in the database.
      sealed BYTEA NOT NULL,
      issuer TEXT NOT NULL,
      issued_on DATE NOT NULL,
      expires_on DATE NOT NULL,
      -- The end of its last day: from then on it counts for nothing.
      expires_at TIMESTAMPTZ(3) NOT NULL,
      status TEXT NOT NULL,
      submitted_at TIMESTAMPTZ(3) NOT NULL,
      decided_at TIMESTAMPTZ(3),
      decided_by UUID REFERENCES tenancy.account (id),
      -- Of a rejection or a withdrawal.
      reason TEXT,
      -- When its member was told that it ends soon.
      warned_at TIMESTAMPTZ(3),
      version INT NOT NULL,
      -- It goes with the membership.
      CONSTRAINT credential_membership_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES tenancy.membership (tenant_id, account_id) ON DELETE CASCADE,
      CONSTRAINT credential_kind_form CHECK (kind ~ '^[a-z][a-z_]{0,49}$'),
      CONSTRAINT credential_status_known CHECK (status IN ('submitted', 'verified', 'rejected', 'withdrawn', 'expired')),
      CONSTRAINT credential_dates_in_order CHECK (issued_on <= expires_on),
      -- Nobody verifies their own.
      CONSTRAINT credential_verified_by_another CHECK (status NOT IN ('verified', 'rejected', 'expired') OR (decided_by IS NOT NULL AND decided_by <> account_id))
    );
    -- The list of a tenant, newest first: ids are made in the order of time. And a member's.
    CREATE INDEX idx_credential_tenant ON tenancy.credential (tenant_id, id);
    CREATE INDEX idx_credential_member ON tenancy.credential (tenant_id, account_id, id);
    -- One of a kind waits at a time; beside it another may count still.
    CREATE UNIQUE INDEX credential_waiting_unique ON tenancy.credential (tenant_id, account_id, kind) WHERE status = 'submitted';
    -- The job that tells of those that end.
    CREATE INDEX idx_credential_ending ON tenancy.credential (expires_at) WHERE status = 'verified';
    ALTER TABLE tenancy.credential ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (status, decided_at, decided_by, reason, warned_at, version) ON tenancy.credential TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.credential TO plinth_tenancy_app USING (tenant_id = ${tenant});
    -- For tokens and gateways, over all tenants of a person; the job for those that end.
    GRANT SELECT (id, tenant_id, account_id, kind, status, expires_at, warned_at) ON tenancy.credential TO plinth_tenancy_system;
    CREATE POLICY system_reads ON tenancy.credential FOR SELECT TO plinth_tenancy_system USING (true);
    ${standing(`,
        -- Of each kind the one that counts longest, an ended one too: whoever asks is told that it has ended.
        coalesce((SELECT json_agg(json_build_object('kind', c.kind, 'expiresAt', to_char(c.ends AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY c.kind)
                  FROM (SELECT kind, max(expires_at) AS ends FROM tenancy.credential v
                        WHERE v.tenant_id = m.tenant_id AND v.account_id = m.account_id AND v.status IN ('verified', 'expired') GROUP BY kind) AS c), '[]') AS credentials`)}`,
  down: `
    DROP VIEW tenancy.member_standing;
    ${standing('')}
    GRANT SELECT ON tenancy.member_standing TO plinth_tenancy_system;
    DROP TABLE tenancy.credential;`,
};
