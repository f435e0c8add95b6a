import type { Migration } from '@plinth/database';

const tenant = `nullif(current_setting('plinth.tenant_id', true), '')::uuid`;

/**
 * The ledger of quotas (ADR 0035): windows with what is used and granted, grants by the ids that their takers chose, and
 * what operators changed. Units are below 2^53, which JavaScript's numbers hold exactly.
 */
export const quotas: Migration = {
  name: '0007_quotas',
  up: `
    CREATE TABLE tenancy.quota_window (
      id UUID PRIMARY KEY,
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      metric TEXT NOT NULL,
      -- Null, as its end, for what no month makes less.
      period TEXT,
      starts_at TIMESTAMPTZ(3) NOT NULL,
      ends_at TIMESTAMPTZ(3),
      limit_units BIGINT NOT NULL,
      ceiling_units BIGINT NOT NULL,
      settled BIGINT NOT NULL,
      reserved BIGINT NOT NULL,
      leased BIGINT NOT NULL,
      forfeited BIGINT NOT NULL,
      overrun BIGINT NOT NULL,
      told_percent SMALLINT NOT NULL,
      closed_at TIMESTAMPTZ(3),
      -- When its end was told of, by an event.
      reported_at TIMESTAMPTZ(3),
      CONSTRAINT quota_window_within_ceiling CHECK (settled + reserved + leased <= ceiling_units),
      CONSTRAINT quota_window_ceiling CHECK (ceiling_units >= limit_units),
      CONSTRAINT quota_window_not_negative CHECK (least(limit_units, settled, reserved, leased, forfeited, overrun) >= 0),
      CONSTRAINT quota_window_exact CHECK (greatest(ceiling_units, settled + overrun) <= 9007199254740991),
      CONSTRAINT quota_window_ends CHECK ((period IS NULL) = (ends_at IS NULL) AND ends_at > starts_at)
    );
    -- One is open for a tenant and a metric: it is the lock that all of the ledger's writes take first.
    CREATE UNIQUE INDEX quota_window_open ON tenancy.quota_window (tenant_id, metric) WHERE closed_at IS NULL;
    -- A tenant's history, newest first: ids are made in the order of time.
    CREATE INDEX idx_quota_window_tenant ON tenancy.quota_window (tenant_id, id);
    -- Which periods have ended and were not told of: the job that closes them.
    CREATE INDEX idx_quota_window_due ON tenancy.quota_window (ends_at) WHERE reported_at IS NULL AND ends_at IS NOT NULL;
    ALTER TABLE tenancy.quota_window ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE ON tenancy.quota_window TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.quota_window TO plinth_tenancy_app USING (tenant_id = ${tenant});

    CREATE TABLE tenancy.quota_grant (
      tenant_id UUID NOT NULL,
      -- Chosen by whoever takes the units, so that a repeat is known as one.
      id UUID NOT NULL,
      window_id UUID NOT NULL REFERENCES tenancy.quota_window (id),
      metric TEXT NOT NULL,
      kind TEXT NOT NULL,
      -- The service that took it.
      holder TEXT NOT NULL,
      units BIGINT NOT NULL,
      used_units BIGINT,
      state TEXT NOT NULL,
      granted_at TIMESTAMPTZ(3) NOT NULL,
      expires_at TIMESTAMPTZ(3) NOT NULL,
      -- From then on it is kept for repeats alone; null also for what stands: a document, a member.
      ended_at TIMESTAMPTZ(3),
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT quota_grant_kind_known CHECK (kind IN ('reservation', 'lease')),
      CONSTRAINT quota_grant_state_known CHECK (state IN ('held', 'settled', 'released', 'forfeited')),
      CONSTRAINT quota_grant_units CHECK (units > 0 AND used_units >= 0 AND (state = 'held') = (used_units IS NULL))
    );
    -- What has expired, of one tenant and metric, in one statement.
    CREATE INDEX idx_quota_grant_held ON tenancy.quota_grant (tenant_id, metric, expires_at) WHERE state = 'held';
    -- The purge of what has ended, the oldest first.
    CREATE INDEX idx_quota_grant_ended ON tenancy.quota_grant (ended_at) WHERE ended_at IS NOT NULL;
    ALTER TABLE tenancy.quota_grant ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE ON tenancy.quota_grant TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.quota_grant TO plinth_tenancy_app USING (tenant_id = ${tenant});

    -- What operators decided for a tenant, in order. The last limit holds; null is the tier's again.
    CREATE TABLE tenancy.quota_change (
      sequence BIGINT GENERATED ALWAYS AS IDENTITY,
      tenant_id UUID NOT NULL REFERENCES tenancy.tenant (id),
      metric TEXT NOT NULL,
      kind TEXT NOT NULL,
      limit_units BIGINT,
      reason TEXT NOT NULL,
      operator_id UUID NOT NULL,
      at TIMESTAMPTZ(3) NOT NULL,
      PRIMARY KEY (tenant_id, metric, sequence),
      CONSTRAINT quota_change_kind_known CHECK (kind IN ('limit_set', 'limit_removed', 'reset')),
      CONSTRAINT quota_change_limit CHECK ((kind = 'limit_set') = (limit_units IS NOT NULL) AND limit_units BETWEEN 0 AND 9007199254740991)
    );
    ALTER TABLE tenancy.quota_change ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON tenancy.quota_change TO plinth_tenancy_app;
    CREATE POLICY app_own_tenant ON tenancy.quota_change TO plinth_tenancy_app USING (tenant_id = ${tenant});`,
  down: `
    DROP TABLE tenancy.quota_change;
    DROP TABLE tenancy.quota_grant;
    DROP TABLE tenancy.quota_window;`,
};
