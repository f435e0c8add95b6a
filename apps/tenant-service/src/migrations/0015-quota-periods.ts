import type { Migration } from '@plinth/database';

/** Lets the service find, over all tenants, the periods that are over: which they are, and whether something of them is held. */
export const quotaPeriods: Migration = {
  name: '0015_quota_periods',
  up: `
    GRANT SELECT (id, tenant_id, metric, ends_at, reported_at) ON tenancy.quota_window TO plinth_tenancy_system;
    CREATE POLICY system_finds_ended ON tenancy.quota_window FOR SELECT TO plinth_tenancy_system USING (ends_at IS NOT NULL AND reported_at IS NULL);
    GRANT SELECT (tenant_id, metric, window_id, state, expires_at) ON tenancy.quota_grant TO plinth_tenancy_system;
    CREATE POLICY system_finds_held ON tenancy.quota_grant FOR SELECT TO plinth_tenancy_system USING (state = 'held');`,
  down: `
    DROP POLICY system_finds_held ON tenancy.quota_grant;
    REVOKE SELECT (tenant_id, metric, window_id, state, expires_at) ON tenancy.quota_grant FROM plinth_tenancy_system;
    DROP POLICY system_finds_ended ON tenancy.quota_window;
    REVOKE SELECT (id, tenant_id, metric, ends_at, reported_at) ON tenancy.quota_window FROM plinth_tenancy_system;`,
};
