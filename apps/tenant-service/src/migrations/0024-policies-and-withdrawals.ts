import type { Migration } from '@plinth/database';

const principal = `nullif(current_setting('plinth.principal_id', true), '')::uuid`;
const operator = `nullif(current_setting('plinth.tenant_id', true), '') IS NULL AND ${principal} IS NOT NULL`;

/** The terms that an installation has until its operator publishes others. */
const terms = `Plinth is provided to your organisation by the operator of this installation.

You may use it for your organisation's lawful purposes. Keep your password, your second factor and your API keys to yourself: what is done with them counts as done by you.

Do not try to reach what belongs to another organisation, and do not disturb the service for others.

Your organisation's data stays your organisation's. What is stored of people, why and how long, the privacy notice says.

The operator may suspend an organisation that breaks these terms, and says why in its audit trail.`;

/**
 * Policy documents with their versions and exact texts, and the withdrawal of consents (ADR 0045). All three are only ever added to: what
 * was agreed to, in which words, and since when no more, can be shown later.
 */
export const policiesAndWithdrawals: Migration = {
  name: '0024_policies_and_withdrawals',
  up: `
    -- No tenant: documents are the installation's, and anybody reads them before there is an account.
    CREATE TABLE tenancy.policy_version (
      id UUID PRIMARY KEY,
      document TEXT NOT NULL,
      version TEXT NOT NULL,
      title TEXT NOT NULL,
      -- Whether there is no account without it.
      required BOOLEAN NOT NULL,
      effective_from TIMESTAMPTZ(3) NOT NULL,
      -- So long after that, who has agreed to an older version may go on.
      grace_days INT NOT NULL,
      published_at TIMESTAMPTZ(3) NOT NULL,
      -- Null for what the suite brought along.
      published_by UUID REFERENCES tenancy.account (id),
      CONSTRAINT policy_version_unique UNIQUE (document, version),
      CONSTRAINT policy_version_document_form CHECK (document ~ '^[a-z][a-z0-9_]{0,49}$'),
      CONSTRAINT policy_version_form CHECK (version ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$'),
      CONSTRAINT policy_version_grace CHECK (grace_days BETWEEN 0 AND 365),
      -- Which is in force is never a tie.
      CONSTRAINT policy_version_one_at_a_time UNIQUE (document, effective_from)
    );
    INSERT INTO tenancy.policy_version (id, document, version, title, required, effective_from, grace_days, published_at) VALUES
      ('01930000-0000-7000-8000-000000000001', 'terms', '2026-11', 'Terms of use', true, '2026-11-01', 30, '2026-11-01'),
      ('01930000-0000-7000-8000-000000000002', 'privacy', '2026-11', 'Privacy notice', true, '2026-11-01', 30, '2026-11-01');

    -- The exact bytes that were shown. The privacy notice has one for each way in which it was shown: it names whom the operator configures.
    CREATE TABLE tenancy.policy_text (
      sha256 BYTEA PRIMARY KEY,
      document TEXT NOT NULL,
      version TEXT NOT NULL,
      content_type TEXT NOT NULL,
      text TEXT NOT NULL,
      first_shown_at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT policy_text_is_its_hash CHECK (sha256 = pg_catalog.sha256(convert_to(text, 'UTF8'))),
      CONSTRAINT policy_text_version_fkey FOREIGN KEY (document, version) REFERENCES tenancy.policy_version (document, version),
      CONSTRAINT policy_text_type_known CHECK (content_type IN ('text/plain; charset=utf-8', 'text/html; charset=utf-8'))
    );
    INSERT INTO tenancy.policy_text (sha256, document, version, content_type, text, first_shown_at)
      SELECT pg_catalog.sha256(convert_to(text, 'UTF8')), 'terms', '2026-11', 'text/plain; charset=utf-8', text, '2026-11-01'
      FROM (SELECT $terms$${terms}$terms$::text AS text) AS terms;
    -- The newest text of a version.
    CREATE INDEX idx_policy_text_version ON tenancy.policy_text (document, version, first_shown_at);

    ALTER TABLE tenancy.policy_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    ALTER TABLE tenancy.policy_text ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON tenancy.policy_version, tenancy.policy_text TO plinth_tenancy_app;
    GRANT SELECT (document, version, title, required, effective_from, grace_days) ON tenancy.policy_version TO plinth_tenancy_system;
    CREATE POLICY everyone_reads ON tenancy.policy_version FOR SELECT TO plinth_tenancy_app, plinth_tenancy_system USING (true);
    CREATE POLICY everyone_reads ON tenancy.policy_text FOR SELECT TO plinth_tenancy_app USING (true);
    CREATE POLICY operators_publish ON tenancy.policy_version FOR INSERT TO plinth_tenancy_app WITH CHECK (${operator});
    -- The privacy notice is made by the service: its text is kept with the first consent to it.
    CREATE POLICY operators_publish ON tenancy.policy_text FOR INSERT TO plinth_tenancy_app WITH CHECK (document = 'privacy' OR (${operator}));

    -- What was shown; null for consents from before it was kept.
    ALTER TABLE tenancy.consent ADD COLUMN text_sha256 BYTEA;
    -- A consent is never changed and never deleted with its withdrawal.
    CREATE TABLE tenancy.consent_withdrawal (
      consent_id UUID PRIMARY KEY REFERENCES tenancy.consent (id),
      account_id UUID NOT NULL REFERENCES tenancy.account (id),
      withdrawn_at TIMESTAMPTZ(3) NOT NULL,
      ip TEXT
    );
    -- A person's list.
    CREATE INDEX idx_consent_withdrawal_account ON tenancy.consent_withdrawal (account_id);
    ALTER TABLE tenancy.consent_withdrawal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON tenancy.consent_withdrawal TO plinth_tenancy_app;
    CREATE POLICY app_own_withdrawals ON tenancy.consent_withdrawal TO plinth_tenancy_app USING (account_id = ${principal});

    -- A sign-in asks what is outstanding before it speaks for the person.
    GRANT SELECT (id, account_id, document, document_version) ON tenancy.consent TO plinth_tenancy_system;
    CREATE POLICY system_asks ON tenancy.consent FOR SELECT TO plinth_tenancy_system USING (true);
    GRANT SELECT (consent_id) ON tenancy.consent_withdrawal TO plinth_tenancy_system;
    CREATE POLICY system_asks ON tenancy.consent_withdrawal FOR SELECT TO plinth_tenancy_system USING (true);`,
  down: `
    DROP TABLE tenancy.consent_withdrawal;
    DROP POLICY system_asks ON tenancy.consent;
    REVOKE SELECT (id, account_id, document, document_version) ON tenancy.consent FROM plinth_tenancy_system;
    ALTER TABLE tenancy.consent DROP COLUMN text_sha256;
    DROP TABLE tenancy.policy_text;
    DROP TABLE tenancy.policy_version;`,
};
