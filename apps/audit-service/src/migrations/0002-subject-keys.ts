import type { Migration } from '@plinth/database';

/**
 * The keys under which the personal values of a person, or of whatever else they belong to, stand in a log, wrapped by a key that
 * is not in PostgreSQL; and who was erased, so that what comes late is not written any more (ADR 0048).
 *
 * A key is destroyed once and for all, and nobody takes a row away: a row that is missing is a fault, and not an erasure.
 */
export const subjectKeys: Migration = {
  name: '0002_subject_keys',
  up: `
    CREATE TABLE audit.subject_key (
      tenant_id UUID NOT NULL,
      subject TEXT NOT NULL,
      wrapped BYTEA,
      created_at TIMESTAMPTZ(3) NOT NULL,
      destroyed_at TIMESTAMPTZ(3),
      CONSTRAINT subject_key_pkey PRIMARY KEY (tenant_id, subject),
      CONSTRAINT subject_key_whole_or_destroyed CHECK (num_nonnulls(wrapped, destroyed_at) = 1)
    );
    -- An erasure finds a person in all logs.
    CREATE INDEX idx_subject_key_subject ON audit.subject_key (subject);

    CREATE TABLE audit.subject_erasure (
      subject TEXT NOT NULL,
      erasure_id UUID NOT NULL,
      erased_at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT subject_erasure_pkey PRIMARY KEY (subject)
    );
    CREATE INDEX idx_subject_erasure_id ON audit.subject_erasure (erasure_id);

    CREATE FUNCTION audit.refuse_other_than_destruction() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        IF OLD.destroyed_at IS NOT NULL OR NEW.destroyed_at IS NULL OR NEW.tenant_id <> OLD.tenant_id OR NEW.subject <> OLD.subject
            OR NEW.created_at <> OLD.created_at THEN
          RAISE EXCEPTION 'a key of audit.subject_key can be destroyed and not changed' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
      END $$;
    CREATE TRIGGER only_destroyed BEFORE UPDATE ON audit.subject_key FOR EACH ROW EXECUTE FUNCTION audit.refuse_other_than_destruction();
    CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON audit.subject_key
      FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.subject_erasure
      FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

    ALTER TABLE audit.subject_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    ALTER TABLE audit.subject_erasure ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT ON audit.subject_key TO plinth_audit_app;
    CREATE POLICY app_reads_own ON audit.subject_key FOR SELECT TO plinth_audit_app
      USING (tenant_id = nullif(current_setting('plinth.tenant_id', true), '')::uuid);
    GRANT SELECT, INSERT, UPDATE (wrapped, destroyed_at) ON audit.subject_key TO plinth_audit_system;
    CREATE POLICY system_reads ON audit.subject_key FOR SELECT TO plinth_audit_system USING (true);
    CREATE POLICY system_adds ON audit.subject_key FOR INSERT TO plinth_audit_system WITH CHECK (true);
    CREATE POLICY system_destroys ON audit.subject_key FOR UPDATE TO plinth_audit_system USING (true);
    GRANT SELECT, INSERT ON audit.subject_erasure TO plinth_audit_system;
    CREATE POLICY system_reads ON audit.subject_erasure FOR SELECT TO plinth_audit_system USING (true);
    CREATE POLICY system_adds ON audit.subject_erasure FOR INSERT TO plinth_audit_system WITH CHECK (true);`,
  // The values of the entries that were recorded since cannot be read without the keys; verification would call them altered.
  down: `
    DROP TABLE audit.subject_erasure;
    DROP TABLE audit.subject_key;
    DROP FUNCTION audit.refuse_other_than_destruction;`,
};
