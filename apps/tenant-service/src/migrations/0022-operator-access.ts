import type { Migration } from '@plinth/database';

const tenant = `nullif(current_setting('plinth.tenant_id', true), '')::uuid`;
const principal = `nullif(current_setting('plinth.principal_id', true), '')::uuid`;

/** Operators' time-boxed access to a tenant (docs/adr/0039-operator-access.md). */
export const operatorAccess: Migration = {
  name: '0022_operator_access',
  up: `
    CREATE TABLE tenancy.operator_access (
      id UUID PRIMARY KEY,
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      operator_id UUID NOT NULL REFERENCES tenancy.account (id),
      capabilities TEXT[] NOT NULL,
      reason TEXT NOT NULL,
      minutes INT NOT NULL,
      status TEXT NOT NULL,
      requested_at TIMESTAMPTZ(3) NOT NULL,
      -- Until when it waits for an answer.
      answer_by TIMESTAMPTZ(3) NOT NULL,
      decided_at TIMESTAMPTZ(3),
      -- Who decided; null for the tenant's policy, and for nobody.
      decided_by UUID REFERENCES tenancy.account (id),
      expires_at TIMESTAMPTZ(3),
      ended_at TIMESTAMPTZ(3),
      ended_by UUID REFERENCES tenancy.account (id),
      -- Why it was refused or ended.
      cause TEXT,
      version INT NOT NULL,
      CONSTRAINT operator_access_status_known CHECK (status IN ('requested', 'granted', 'refused', 'ended')),
      CONSTRAINT operator_access_cause_given CHECK ((status IN ('refused', 'ended')) = (cause IS NOT NULL)),
      CONSTRAINT operator_access_time_boxed CHECK (minutes BETWEEN 5 AND 480),
      CONSTRAINT operator_access_granted_until CHECK (expires_at <= decided_at + make_interval(mins => minutes) AND (status NOT IN ('granted', 'ended') OR expires_at IS NOT NULL)),
      CONSTRAINT operator_access_capabilities_some CHECK (cardinality(capabilities) BETWEEN 1 AND 50)
    );
    -- The list of a tenant, newest first: ids are made in the order of time.
    CREATE INDEX idx_operator_access_tenant ON tenancy.operator_access (tenant_id, id);
    -- An operator has one of a tenant at a time; a gateway asks what an operator has now.
    CREATE UNIQUE INDEX operator_access_open_unique ON tenancy.operator_access (operator_id, tenant_id) WHERE status IN ('requested', 'granted');
    -- The job that tells of those whose time is over.
    CREATE INDEX idx_operator_access_due ON tenancy.operator_access (coalesce(expires_at, answer_by)) WHERE status IN ('requested', 'granted');
    ALTER TABLE tenancy.operator_access ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (status, decided_at, decided_by, expires_at, ended_at, ended_by, cause, version) ON tenancy.operator_access TO plinth_tenancy_app;
    -- Nobody asks in another's name.
    CREATE POLICY app_asks ON tenancy.operator_access FOR INSERT TO plinth_tenancy_app WITH CHECK (tenant_id = ${tenant} AND operator_id = ${principal});
    CREATE POLICY app_reads_own_tenant ON tenancy.operator_access FOR SELECT TO plinth_tenancy_app USING (tenant_id = ${tenant});
    CREATE POLICY app_changes_own_tenant ON tenancy.operator_access FOR UPDATE TO plinth_tenancy_app USING (tenant_id = ${tenant});
    -- Gateways ask for an operator's, over all tenants; the job for those that are over.
    GRANT SELECT ON tenancy.operator_access TO plinth_tenancy_system;
    CREATE POLICY system_reads ON tenancy.operator_access FOR SELECT TO plinth_tenancy_system USING (true);

    -- Whoever stops being an operator, or has the account disabled, on whatever way, is looked at anew by gateways within a second.
    CREATE FUNCTION tenancy.tell_operator_changed() RETURNS TRIGGER
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        -- The lock of the feed, held until the commit: sequences become visible in their order.
        PERFORM pg_advisory_xact_lock(hashtextextended('plinth.tenancy.revocation', 0));
        INSERT INTO tenancy.revocation (kind, subject_id) VALUES ('memberships_changed', CASE TG_TABLE_NAME WHEN 'operator' THEN (to_jsonb(OLD) ->> 'account_id')::uuid ELSE (to_jsonb(OLD) ->> 'id')::uuid END);
        RETURN NULL;
      END $$;
    REVOKE ALL ON FUNCTION tenancy.tell_operator_changed FROM PUBLIC;
    CREATE POLICY owner_tells ON tenancy.revocation FOR INSERT TO plinth_tenancy_owner WITH CHECK (kind = 'memberships_changed');
    CREATE TRIGGER operator_changed AFTER UPDATE OF roles OR DELETE ON tenancy.operator FOR EACH ROW EXECUTE FUNCTION tenancy.tell_operator_changed();
    CREATE TRIGGER account_status_changed AFTER UPDATE OF status ON tenancy.account FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION tenancy.tell_operator_changed();`,
  down: `
    DROP TRIGGER account_status_changed ON tenancy.account;
    DROP TRIGGER operator_changed ON tenancy.operator;
    DROP POLICY owner_tells ON tenancy.revocation;
    DROP FUNCTION tenancy.tell_operator_changed;
    DROP TABLE tenancy.operator_access;`,
};
