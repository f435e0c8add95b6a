import { rolesOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';

/** The kept answers of a schema (ADR 0011). */
export function idempotencyMigrations(schema: string): readonly Migration[] {
  const { app, system } = rolesOf(schema);
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
  ];
}
