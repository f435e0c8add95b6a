import type { Migration } from '@plinth/database';
import { enforceRetention, keeping, pastRetention } from './0025-legal-holds-and-retention.js';
import { beingErased, eraseAccount } from './0027-erasure.js';

const tenant = `nullif(current_setting('plinth.tenant_id', true), '')::uuid`;
const replacing = (text: string) => text.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION');

/** Younger ones no policy lets go: the present month's numbers are counted from them. */
const pastPeople = `          WHEN 'usage_people' THEN RETURN QUERY
            SELECT past.id, past.tenant_id, past.account_id, past.at, ARRAY(SELECT h.id FROM tenancy.legal_holds_on(past.tenant_id, past.account_id) h)
            FROM (SELECT u.id, u.tenant_id, u.account_id, u.day::timestamptz AS at
              FROM tenancy.usage_active_user_day u LEFT JOIN tenancy.retention_policy p ON p.tenant_id = u.tenant_id AND p.data_class = of_class
              WHERE (only_tenant IS NULL OR u.tenant_id = only_tenant) AND u.day < (now() - make_interval(days => greatest(31, coalesce(p.days, default_days))))::date
              ORDER BY u.day, u.id LIMIT max_rows) AS past;
`;
const deletePeople = `          WHEN 'usage_people' THEN
            DELETE FROM tenancy.usage_active_user_day u WHERE u.id = ANY (doomed);
`;

/** The rows stay, so that the counts do, each tenant's under one id that is nobody's. */
const forgetPerson = `        WITH forgotten AS (DELETE FROM tenancy.usage_active_user_day u WHERE u.account_id = account RETURNING u.tenant_id, u.day),
          nobody AS MATERIALIZED (SELECT o.tenant_id, gen_random_uuid() AS id FROM (SELECT DISTINCT f.tenant_id FROM forgotten f) o)
          INSERT INTO tenancy.usage_active_user_day (tenant_id, day, account_id) SELECT f.tenant_id, f.day, n.id FROM forgotten f JOIN nobody n ON n.tenant_id = f.tenant_id;
        GET DIAGNOSTICS gone = ROW_COUNT;
        counts := counts || jsonb_build_object('usage_active_user_day', gone);
`;

/** What tenants use, by days of their own time zone, summed from events (ADR 0049). */
export const usageAnalytics: Migration = {
  name: '0028_usage_analytics',
  up: `
    CREATE TABLE tenancy.usage_route_day (
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      day DATE NOT NULL,
      method TEXT NOT NULL,
      -- The template.
      route TEXT NOT NULL,
      calls BIGINT NOT NULL,
      by_api_keys BIGINT NOT NULL,
      refused BIGINT NOT NULL,
      failed BIGINT NOT NULL,
      -- Calls by the bucket of their duration.
      durations BIGINT[] NOT NULL,
      -- The end of the newest interval that is in the sums.
      counted_until TIMESTAMPTZ(3) NOT NULL,
      -- A tenant's days are read as one stretch; what is added to is found by the whole of it.
      PRIMARY KEY (tenant_id, day, method, route)
    ) WITH (fillfactor = 70); -- Added to every some seconds: with room on the page no index is touched.
    ALTER TABLE tenancy.usage_route_day ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (calls, by_api_keys, refused, failed, durations, counted_until) ON tenancy.usage_route_day TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.usage_route_day TO plinth_tenancy_app USING (tenant_id = ${tenant});

    CREATE TABLE tenancy.usage_created_day (
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      day DATE NOT NULL,
      kind TEXT NOT NULL,
      things BIGINT NOT NULL,
      PRIMARY KEY (tenant_id, day, kind)
    ) WITH (fillfactor = 70);
    ALTER TABLE tenancy.usage_created_day ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (things) ON tenancy.usage_created_day TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.usage_created_day TO plinth_tenancy_app USING (tenant_id = ${tenant});

    CREATE TABLE tenancy.usage_active_user_day (
      id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      day DATE NOT NULL,
      -- No key: once the account is erased, it is nobody's id.
      account_id UUID NOT NULL,
      -- A person counts once a day; and a tenant's days are read as one stretch.
      CONSTRAINT usage_active_user_day_once UNIQUE (tenant_id, day, account_id)
    );
    -- Retention walks by age.
    CREATE INDEX idx_usage_active_user_age ON tenancy.usage_active_user_day (day, id);
    -- The erasure of an account, and a person's own copy.
    CREATE INDEX idx_usage_active_user_account ON tenancy.usage_active_user_day (account_id);
    ALTER TABLE tenancy.usage_active_user_day ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON tenancy.usage_active_user_day TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.usage_active_user_day TO plinth_tenancy_app USING (tenant_id = ${tenant});
    CREATE POLICY owner_keeps ON tenancy.usage_active_user_day TO plinth_tenancy_owner USING (${keeping} AND day < current_date - 31) WITH CHECK (false);
    CREATE POLICY owner_erases ON tenancy.usage_active_user_day TO plinth_tenancy_owner USING (${beingErased('account_id')}) WITH CHECK (false);
    CREATE POLICY owner_forgets ON tenancy.usage_active_user_day FOR INSERT TO plinth_tenancy_owner
      WITH CHECK (EXISTS (SELECT FROM tenancy.erasure e WHERE e.erased_at IS NULL));

    ALTER TABLE tenancy.retention_policy DROP CONSTRAINT retention_policy_class_known,
      ADD CONSTRAINT retention_policy_class_known CHECK (data_class IN ('ended_invitations', 'ended_api_keys', 'usage_people'));
    ${replacing(pastRetention(pastPeople))}
    ${replacing(enforceRetention(deletePeople))}
    ${replacing(eraseAccount(forgetPerson))}`,
  down: `
    ${replacing(eraseAccount(''))}
    ${replacing(enforceRetention(''))}
    ${replacing(pastRetention(''))}
    ALTER TABLE tenancy.retention_policy NO FORCE ROW LEVEL SECURITY;
    DELETE FROM tenancy.retention_policy WHERE data_class = 'usage_people';
    ALTER TABLE tenancy.retention_policy FORCE ROW LEVEL SECURITY;
    ALTER TABLE tenancy.retention_policy DROP CONSTRAINT retention_policy_class_known,
      ADD CONSTRAINT retention_policy_class_known CHECK (data_class IN ('ended_invitations', 'ended_api_keys'));
    DROP TABLE tenancy.usage_active_user_day;
    DROP TABLE tenancy.usage_created_day;
    DROP TABLE tenancy.usage_route_day;`,
};
