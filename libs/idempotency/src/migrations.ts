import { rolesOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';

/** The kept answers of a schema (ADR 0011). */
export function idempotencyMigrations(schema: string): readonly Migration[] {
  const { app, owner, system } = rolesOf(schema);
  const scheduler = rolesOf('scheduler').system;
  return [
    {
      name: 'idempotency_0001',
      up: `
        CREATE TABLE ${schema}.idempotency_record (
          key_hash BYTEA PRIMARY KEY,
          fingerprint BYTEA NOT NULL,
          salt BYTEA NOT NULL,
          answer BYTEA NOT NULL,
          created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
          expires_at TIMESTAMPTZ NOT NULL
        );
        -- The purge walks by age.
        CREATE INDEX idx_idempotency_expiry ON ${schema}.idempotency_record (expires_at);
        -- No tenant column: sign-up has none yet. A row is visible to whoever names its hash, which takes the
        -- server's secret and the client's key; without it the table looks empty.
        ALTER TABLE ${schema}.idempotency_record ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        GRANT SELECT, INSERT, UPDATE ON ${schema}.idempotency_record TO ${app};
        CREATE POLICY app_by_key ON ${schema}.idempotency_record TO ${app}
          USING (encode(key_hash, 'hex') = ANY (string_to_array(current_setting('plinth.idempotency_keys', true), ',')));
        GRANT SELECT (key_hash, expires_at), DELETE ON ${schema}.idempotency_record TO ${system};
        CREATE POLICY system_purges ON ${schema}.idempotency_record TO ${system} USING (true);`,
      down: `DROP TABLE ${schema}.idempotency_record;`,
    },
    {
      name: 'idempotency_0002_purge',
      up: `
        -- Row-level security is forced on the owner too, so this is the fence: a record that still counts is out of reach.
        CREATE POLICY owner_purges ON ${schema}.idempotency_record TO ${owner} USING (expires_at < now()) WITH CHECK (false);
        -- Deletes up to max_rows records that expired before the given time, and says how many. A record that a request
        -- is just replacing is locked, and passed over.
        CREATE FUNCTION ${schema}.purge_idempotency(expired_before TIMESTAMPTZ, max_rows INT) RETURNS INT
          LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            WITH doomed AS MATERIALIZED (
              SELECT key_hash FROM ${schema}.idempotency_record WHERE expires_at < expired_before
              ORDER BY expires_at LIMIT max_rows FOR UPDATE SKIP LOCKED
            ), gone AS (
              DELETE FROM ${schema}.idempotency_record record USING doomed WHERE record.key_hash = doomed.key_hash
              RETURNING record.key_hash
            )
            SELECT count(*)::int FROM gone
          $$;
        REVOKE ALL ON FUNCTION ${schema}.purge_idempotency FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION ${schema}.purge_idempotency TO ${scheduler};`,
      down: `
        DROP FUNCTION ${schema}.purge_idempotency;
        DROP POLICY owner_purges ON ${schema}.idempotency_record;`,
    },
    {
      name: 'idempotency_0003_external',
      up: `
        -- A call to the outside is claimed before it is made: a record without answer, with a lease instead.
        ALTER TABLE ${schema}.idempotency_record
          ALTER COLUMN answer DROP NOT NULL,
          ADD COLUMN leased_until TIMESTAMPTZ,
          ADD CONSTRAINT idempotency_record_answered_or_leased CHECK (num_nonnulls(answer, leased_until) = 1);`,
      // Claims are forgotten: a version that does not know them could not answer them. Their rows are hidden from the owner too.
      down: `
        ALTER TABLE ${schema}.idempotency_record NO FORCE ROW LEVEL SECURITY;
        DELETE FROM ${schema}.idempotency_record WHERE answer IS NULL;
        ALTER TABLE ${schema}.idempotency_record FORCE ROW LEVEL SECURITY;
        ALTER TABLE ${schema}.idempotency_record
          DROP CONSTRAINT idempotency_record_answered_or_leased,
          DROP COLUMN leased_until,
          ALTER COLUMN answer SET NOT NULL;`,
    },
    {
      name: 'idempotency_0004_no_system_rights',
      // The purge has its function since 0002; the service's own system role needs nothing here.
      up: `
        DROP POLICY system_purges ON ${schema}.idempotency_record;
        REVOKE SELECT (key_hash, expires_at), DELETE ON ${schema}.idempotency_record FROM ${system};`,
      down: `
        GRANT SELECT (key_hash, expires_at), DELETE ON ${schema}.idempotency_record TO ${system};
        CREATE POLICY system_purges ON ${schema}.idempotency_record TO ${system} USING (true);`,
    },
    {
      name: 'idempotency_0005_claim',
      up: `
        -- Tries the lock of each name, waiting for none, and then looks for a live record under them: always one row. The
        -- function is volatile, so the look has a snapshot of its own, which has what the lock's last holder committed.
        -- With the caller's rights: row-level security shows the records of the names in plinth.idempotency_keys.
        CREATE FUNCTION ${schema}.claim_keys(hashes BYTEA[], locks BIGINT[],
            OUT locked BOOLEAN, OUT key_hash BYTEA, OUT fingerprint BYTEA, OUT salt BYTEA, OUT answer BYTEA, OUT leased BOOLEAN)
          LANGUAGE plpgsql VOLATILE AS $$
          DECLARE
            lock_key BIGINT;
            hash BYTEA;
          BEGIN
            locked := true;
            FOREACH lock_key IN ARRAY locks LOOP
              locked := locked AND pg_catalog.pg_try_advisory_xact_lock(lock_key);
            END LOOP;
            -- One by one: a plan for one name serves every time, one for a list would be made anew each time.
            FOREACH hash IN ARRAY hashes LOOP
              SELECT r.key_hash, r.fingerprint, r.salt, r.answer, r.leased_until > now()
                INTO key_hash, fingerprint, salt, answer, leased
                FROM ${schema}.idempotency_record r WHERE r.key_hash = hash AND r.expires_at > now();
              EXIT WHEN FOUND;
            END LOOP;
          END $$;
        REVOKE ALL ON FUNCTION ${schema}.claim_keys FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION ${schema}.claim_keys TO ${app};`,
      down: `DROP FUNCTION ${schema}.claim_keys;`,
    },
  ];
}
