import type { Migration } from '@plinth/database';

const tenant = `nullif(current_setting('plinth.tenant_id', true), '')::uuid`;
const principal = `nullif(current_setting('plinth.principal_id', true), '')::uuid`;

/** Copies of a person's or of a tenant's data: asked for, made by a worker, kept sealed for some days (ADR 0047). */
export const dataExports: Migration = {
  name: '0026_data_exports',
  up: `
    CREATE TABLE tenancy.data_export (
      id UUID PRIMARY KEY,
      -- Null: a person's own, over all tenants.
      tenant_id UUID,
      -- Who asked for it; whose it is, where there is no tenant. No key: it is gone soon, and whoever deletes an account need not wait for it.
      account_id UUID NOT NULL,
      requested_at TIMESTAMPTZ(3) NOT NULL,
      -- Not before; a claim moves it on by the lease.
      due_at TIMESTAMPTZ(3) NOT NULL,
      attempts INT NOT NULL DEFAULT 0,
      status TEXT NOT NULL DEFAULT 'waiting',
      error TEXT,
      ended_at TIMESTAMPTZ(3),
      -- The archive's, before it was sealed.
      sha256 BYTEA,
      size_bytes INT,
      sealed BYTEA,
      -- From then on it is not given out any more, and the purge takes it.
      expires_at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT data_export_status_known CHECK (status IN ('waiting', 'ready', 'failed')),
      CONSTRAINT data_export_ready_whole CHECK ((status = 'ready') = (sealed IS NOT NULL) AND (sealed IS NULL) = (sha256 IS NULL) AND (sealed IS NULL) = (size_bytes IS NULL)),
      CONSTRAINT data_export_ended CHECK ((status = 'waiting') = (ended_at IS NULL))
    );
    -- What the worker looks for: nearly always an empty index.
    CREATE INDEX idx_data_export_due ON tenancy.data_export (due_at) WHERE status = 'waiting';
    -- The lists of a tenant and of a person, newest first.
    CREATE INDEX idx_data_export_tenant ON tenancy.data_export (tenant_id, id);
    CREATE INDEX idx_data_export_account ON tenancy.data_export (account_id, id);
    -- The purge walks by age.
    CREATE INDEX idx_data_export_expiry ON tenancy.data_export (expires_at);
    ALTER TABLE tenancy.data_export ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON tenancy.data_export TO plinth_tenancy_app;
    -- A tenant's are the tenant's; a person's own are nobody else's, whichever tenant is active.
    CREATE POLICY app_own_exports ON tenancy.data_export TO plinth_tenancy_app
      USING (tenant_id = ${tenant} OR (tenant_id IS NULL AND account_id = ${principal}));
    GRANT SELECT (id, tenant_id, account_id, requested_at, due_at, attempts, status, expires_at),
      UPDATE (due_at, attempts, status, error, ended_at, sha256, size_bytes, sealed, expires_at) ON tenancy.data_export TO plinth_tenancy_system;
    CREATE POLICY system_claims ON tenancy.data_export FOR SELECT TO plinth_tenancy_system USING (true);
    CREATE POLICY system_makes ON tenancy.data_export FOR UPDATE TO plinth_tenancy_system USING (status = 'waiting') WITH CHECK (true);

    -- Row-level security is forced on the owner too, so this is the fence: what can still be had stays.
    CREATE POLICY owner_purges ON tenancy.data_export TO plinth_tenancy_owner USING (expires_at < now()) WITH CHECK (false);
    -- Deletes up to max_rows exports that expired before the given time, with their archives, and says how many.
    CREATE FUNCTION tenancy.purge_exports(expired_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH doomed AS MATERIALIZED (
          SELECT id FROM tenancy.data_export WHERE expires_at < expired_before ORDER BY expires_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), gone AS (
          DELETE FROM tenancy.data_export export USING doomed WHERE export.id = doomed.id RETURNING export.id
        )
        SELECT count(*)::int FROM gone
      $$;
    REVOKE ALL ON FUNCTION tenancy.purge_exports FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.purge_exports TO plinth_scheduler_system;`,
  down: `
    DROP FUNCTION tenancy.purge_exports;
    DROP TABLE tenancy.data_export;`,
};
