import type { Migration } from '@plinth/database';

/** Operators look at the use of all tenants: numbers of people, never who came (ADR 0049). */
export const analyticsOfAllTenants: Migration = {
  name: '0031_analytics_of_all_tenants',
  up: `
    GRANT SELECT (tenant_id, day, route, calls, failed) ON tenancy.usage_route_day TO plinth_tenancy_system;
    CREATE POLICY system_sums ON tenancy.usage_route_day FOR SELECT TO plinth_tenancy_system USING (true);
    GRANT SELECT (tenant_id, day, things) ON tenancy.usage_created_day TO plinth_tenancy_system;
    CREATE POLICY system_sums ON tenancy.usage_created_day FOR SELECT TO plinth_tenancy_system USING (true);
    GRANT SELECT (tenant_id, day, account_id) ON tenancy.usage_active_user_day TO plinth_tenancy_system;
    CREATE POLICY system_sums ON tenancy.usage_active_user_day FOR SELECT TO plinth_tenancy_system USING (true);`,
  down: `
    DROP POLICY system_sums ON tenancy.usage_active_user_day;
    REVOKE SELECT (tenant_id, day, account_id) ON tenancy.usage_active_user_day FROM plinth_tenancy_system;
    DROP POLICY system_sums ON tenancy.usage_created_day;
    REVOKE SELECT (tenant_id, day, things) ON tenancy.usage_created_day FROM plinth_tenancy_system;
    DROP POLICY system_sums ON tenancy.usage_route_day;
    REVOKE SELECT (tenant_id, day, route, calls, failed) ON tenancy.usage_route_day FROM plinth_tenancy_system;`,
};
