import type { Migration } from '@plinth/database';

const operator = `nullif(current_setting('plinth.tenant_id', true), '') IS NULL AND nullif(current_setting('plinth.principal_id', true), '') IS NOT NULL`;

/**
 * Feature flags and what operators changed of them (ADR 0036). They belong to no tenant, and their rules name tenants and users: operators alone
 * see them, and the system role, which evaluates them for whomever.
 */
export const flags: Migration = {
  name: '0009_flags',
  up: `
    CREATE TABLE tenancy.feature_flag (
      id UUID PRIMARY KEY,
      key TEXT NOT NULL,
      description TEXT,
      type TEXT NOT NULL,
      -- The kill switch.
      enabled BOOLEAN NOT NULL,
      -- Values by their names.
      variants JSONB NOT NULL,
      default_variant TEXT NOT NULL,
      off_variant TEXT NOT NULL,
      -- In the order in which they are asked; libs/flags has their schema.
      rules JSONB NOT NULL,
      salt TEXT NOT NULL,
      version INT NOT NULL,
      created_at TIMESTAMPTZ(3) NOT NULL,
      updated_at TIMESTAMPTZ(3) NOT NULL,
      archived_at TIMESTAMPTZ(3),
      CONSTRAINT feature_flag_key_form CHECK (key ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
      CONSTRAINT feature_flag_type_known CHECK (type IN ('boolean', 'string', 'number', 'json'))
    );
    -- Of the flags in use each key is one; what is archived gives its key free. The list and every evaluation read by it.
    CREATE UNIQUE INDEX feature_flag_key_in_use ON tenancy.feature_flag (key) WHERE archived_at IS NULL;
    ALTER TABLE tenancy.feature_flag ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE ON tenancy.feature_flag TO plinth_tenancy_app;
    CREATE POLICY operators_manage ON tenancy.feature_flag TO plinth_tenancy_app USING (${operator});
    GRANT SELECT ON tenancy.feature_flag TO plinth_tenancy_system;
    CREATE POLICY system_reads ON tenancy.feature_flag FOR SELECT TO plinth_tenancy_system USING (true);

    -- Never changed and never deleted.
    CREATE TABLE tenancy.feature_flag_change (
      sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      flag_id UUID NOT NULL REFERENCES tenancy.feature_flag (id),
      key TEXT NOT NULL,
      action TEXT NOT NULL,
      version INT NOT NULL,
      operator_id UUID NOT NULL,
      reason TEXT,
      before JSONB,
      after JSONB,
      at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT feature_flag_change_action_known CHECK (action IN ('create', 'update', 'enable', 'disable', 'archive'))
    );
    -- The history of a key, newest first, over all flags that had it.
    CREATE INDEX idx_feature_flag_change_key ON tenancy.feature_flag_change (key, sequence);
    ALTER TABLE tenancy.feature_flag_change ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON tenancy.feature_flag_change TO plinth_tenancy_app;
    CREATE POLICY operators_read ON tenancy.feature_flag_change FOR SELECT TO plinth_tenancy_app USING (${operator});
    CREATE POLICY operators_note ON tenancy.feature_flag_change FOR INSERT TO plinth_tenancy_app WITH CHECK (${operator});`,
  down: `
    DROP TABLE tenancy.feature_flag_change;
    DROP TABLE tenancy.feature_flag;`,
};
