import type { Migration } from '@plinth/database';

const principal = `nullif(current_setting('plinth.principal_id', true), '')::uuid`;

/**
 * E-mail that is to be sent, and the tokens that it carries (docs/adr/0032-mail-from-a-table.md). The service only adds; the
 * worker, as the system, claims, renders and ends. Whom a mail is for is sealed, and gone once the mail has ended.
 */
export const mail: Migration = {
  name: '0005_mail',
  up: `
    -- No tenant column: it is for an address, which belongs to an account or to nobody.
    CREATE TABLE tenancy.mail (
      id UUID PRIMARY KEY,
      kind TEXT NOT NULL,
      sealed BYTEA,
      created_at TIMESTAMPTZ(3) NOT NULL,
      -- Not before; a claim moves it on by the lease.
      due_at TIMESTAMPTZ(3) NOT NULL,
      attempts INT NOT NULL DEFAULT 0,
      last_error TEXT,
      ended_at TIMESTAMPTZ(3),
      outcome TEXT,
      CONSTRAINT mail_outcome_known CHECK (outcome IN ('sent', 'nobody', 'failed')),
      CONSTRAINT mail_sealed_until_ended CHECK ((ended_at IS NULL) = (sealed IS NOT NULL) AND (ended_at IS NULL) = (outcome IS NULL))
    );
    -- What the worker looks for: nearly always an empty index.
    CREATE INDEX idx_mail_due ON tenancy.mail (due_at) WHERE ended_at IS NULL;
    -- The purge walks by age.
    CREATE INDEX idx_mail_ended ON tenancy.mail (ended_at) WHERE ended_at IS NOT NULL;
    ALTER TABLE tenancy.mail ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT INSERT ON tenancy.mail TO plinth_tenancy_app;
    CREATE POLICY app_adds ON tenancy.mail FOR INSERT TO plinth_tenancy_app WITH CHECK (true);
    GRANT SELECT, UPDATE (sealed, due_at, attempts, last_error, ended_at, outcome) ON tenancy.mail TO plinth_tenancy_system;
    CREATE POLICY system_reads ON tenancy.mail FOR SELECT TO plinth_tenancy_system USING (true);
    CREATE POLICY system_sends ON tenancy.mail FOR UPDATE TO plinth_tenancy_system USING (true);

    CREATE TABLE tenancy.mailed_token (
      token_hash BYTEA PRIMARY KEY,
      purpose TEXT NOT NULL,
      account_id UUID NOT NULL REFERENCES tenancy.account (id),
      -- Where it was sent: it proves that address and no later one.
      email TEXT NOT NULL,
      created_at TIMESTAMPTZ(3) NOT NULL,
      expires_at TIMESTAMPTZ(3) NOT NULL,
      used_at TIMESTAMPTZ(3),
      CONSTRAINT mailed_token_purpose_known CHECK (purpose IN ('verify_email', 'reset_password'))
    );
    -- How many an account was sent lately, and which of its others end with one.
    CREATE INDEX idx_mailed_token_account ON tenancy.mailed_token (account_id, purpose, created_at);
    -- The purge walks by age.
    CREATE INDEX idx_mailed_token_expiry ON tenancy.mailed_token (expires_at);
    ALTER TABLE tenancy.mailed_token ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE (used_at) ON tenancy.mailed_token TO plinth_tenancy_app;
    CREATE POLICY app_own_tokens ON tenancy.mailed_token TO plinth_tenancy_app USING (account_id = ${principal});
    -- Whoever follows a link has nothing but a token: whose it is, the system finds.
    GRANT SELECT (token_hash, account_id) ON tenancy.mailed_token TO plinth_tenancy_system;
    CREATE POLICY system_finds ON tenancy.mailed_token FOR SELECT TO plinth_tenancy_system USING (true);

    ALTER TABLE tenancy.account ADD COLUMN email_verified_at TIMESTAMPTZ(3);
    GRANT SELECT (email_verified_at) ON tenancy.account TO plinth_tenancy_system;

    -- Row-level security is forced on the owner too, so these are the fences: what still counts is out of reach.
    CREATE POLICY owner_purges ON tenancy.mail TO plinth_tenancy_owner USING (ended_at < now() - interval '7 days') WITH CHECK (false);
    CREATE POLICY owner_purges ON tenancy.mailed_token TO plinth_tenancy_owner USING (expires_at < now()) WITH CHECK (false);
    -- Deletes up to max_rows mails that ended, and as many tokens that expired, before the given time, and says how many.
    CREATE FUNCTION tenancy.purge_mail(ended_before TIMESTAMPTZ, max_rows INT) RETURNS INT
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH old_mail AS MATERIALIZED (
          SELECT id FROM tenancy.mail WHERE ended_at < ended_before ORDER BY ended_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), old_token AS MATERIALIZED (
          SELECT token_hash FROM tenancy.mailed_token WHERE expires_at < ended_before ORDER BY expires_at LIMIT max_rows FOR UPDATE SKIP LOCKED
        ), gone_mail AS (
          DELETE FROM tenancy.mail mail USING old_mail WHERE mail.id = old_mail.id RETURNING 1
        ), gone_token AS (
          DELETE FROM tenancy.mailed_token token USING old_token WHERE token.token_hash = old_token.token_hash RETURNING 1
        )
        SELECT ((SELECT count(*) FROM gone_mail) + (SELECT count(*) FROM gone_token))::int
      $$;
    REVOKE ALL ON FUNCTION tenancy.purge_mail FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenancy.purge_mail TO plinth_scheduler_system;`,
  down: `
    DROP FUNCTION tenancy.purge_mail;
    ALTER TABLE tenancy.account DROP COLUMN email_verified_at;
    DROP TABLE tenancy.mailed_token;
    DROP TABLE tenancy.mail;`,
};
