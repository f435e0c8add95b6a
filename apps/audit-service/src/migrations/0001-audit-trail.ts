import type { Migration } from '@plinth/database';

const ownTenant = `tenant_id = nullif(current_setting('plinth.tenant_id', true), '')::uuid`;

/**
 * The logs: `entry` holds what happened, `leaf` the hash chain over it, `chain_head` the signed end of each log.
 *
 * `_app` reads its tenant's rows and writes nothing; `_system` appends. The triggers stop everybody, the owner included:
 * only a superuser gets past them, and then verification finds it. No column escapes verification, which is why there is
 * none that merely would be handy (docs/adr/0003-audit-leaf.md). IP address and user agent are in `personal` alone.
 */
export const auditTrail: Migration = {
  name: '0001_audit_trail',
  up: `
    CREATE TABLE audit.entry (
      tenant_id UUID NOT NULL,
      sequence BIGINT NOT NULL,
      id UUID NOT NULL,
      occurred_at TIMESTAMPTZ(3) NOT NULL,
      actor_type TEXT NOT NULL,
      actor_id TEXT,
      action TEXT NOT NULL,
      resource_type TEXT NOT NULL,
      resource_id TEXT,
      outcome TEXT NOT NULL,
      request_id TEXT,
      trace_id TEXT,
      reason TEXT,
      before JSONB,
      after JSONB,
      personal JSONB NOT NULL,
      CONSTRAINT entry_pkey PRIMARY KEY (tenant_id, sequence),
      -- The id first: verification also looks for a row that has gone to another tenant's log.
      CONSTRAINT entry_id_unique UNIQUE (id, tenant_id)
    );
    -- Each filter, in the order of the list, which is that of the sequence.
    CREATE INDEX idx_entry_actor ON audit.entry (tenant_id, actor_id, sequence);
    CREATE INDEX idx_entry_action ON audit.entry (tenant_id, action, sequence);
    CREATE INDEX idx_entry_resource ON audit.entry (tenant_id, resource_type, resource_id, sequence);
    CREATE INDEX idx_entry_time ON audit.entry (tenant_id, occurred_at);

    CREATE TABLE audit.leaf (
      tenant_id UUID NOT NULL,
      sequence BIGINT NOT NULL,
      id UUID NOT NULL,
      occurred_at TIMESTAMPTZ(3) NOT NULL,
      content_hash TEXT NOT NULL,
      previous_hash TEXT NOT NULL,
      hash TEXT NOT NULL,
      CONSTRAINT leaf_pkey PRIMARY KEY (tenant_id, sequence)
    );

    CREATE TABLE audit.chain_head (
      tenant_id UUID PRIMARY KEY,
      size BIGINT NOT NULL,
      hash TEXT NOT NULL,
      updated_at TIMESTAMPTZ(3) NOT NULL,
      key_id TEXT NOT NULL,
      signature TEXT NOT NULL
    );

    CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        RAISE EXCEPTION 'audit.% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
      END $$;
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entry
      FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.leaf
      FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
    CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON audit.chain_head
      FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

    ALTER TABLE audit.entry ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    ALTER TABLE audit.leaf ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    ALTER TABLE audit.chain_head ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

    GRANT SELECT ON audit.entry, audit.leaf, audit.chain_head TO plinth_audit_app;
    CREATE POLICY app_reads_own ON audit.entry FOR SELECT TO plinth_audit_app USING (${ownTenant});
    CREATE POLICY app_reads_own ON audit.leaf FOR SELECT TO plinth_audit_app USING (${ownTenant});
    CREATE POLICY app_reads_own ON audit.chain_head FOR SELECT TO plinth_audit_app USING (${ownTenant});

    GRANT SELECT, INSERT ON audit.entry, audit.leaf, audit.chain_head TO plinth_audit_system;
    GRANT UPDATE (size, hash, updated_at, key_id, signature) ON audit.chain_head TO plinth_audit_system;
    CREATE POLICY system_reads ON audit.entry FOR SELECT TO plinth_audit_system USING (true);
    CREATE POLICY system_reads ON audit.leaf FOR SELECT TO plinth_audit_system USING (true);
    CREATE POLICY system_reads ON audit.chain_head FOR SELECT TO plinth_audit_system USING (true);
    CREATE POLICY system_appends ON audit.entry FOR INSERT TO plinth_audit_system WITH CHECK (true);
    CREATE POLICY system_appends ON audit.leaf FOR INSERT TO plinth_audit_system WITH CHECK (true);
    CREATE POLICY system_begins ON audit.chain_head FOR INSERT TO plinth_audit_system WITH CHECK (true);
    CREATE POLICY system_advances ON audit.chain_head FOR UPDATE TO plinth_audit_system USING (true);`,
  down: `
    DROP TABLE audit.chain_head;
    DROP TABLE audit.leaf;
    DROP TABLE audit.entry;
    DROP FUNCTION audit.refuse_change;`,
};
