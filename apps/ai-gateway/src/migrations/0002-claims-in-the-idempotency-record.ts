import type { Migration } from '@plinth/database';

const ownTenant = `tenant_id = nullif(current_setting('plinth.tenant_id', true), '')::uuid`;

/**
 * Claims of keyed calls move to libs/idempotency, whose record holds claim and answer in one row; its
 * grants and its purge hold for them there. They are moved as the owner, from whom forced row-level security hides rows.
 */
export const claimsInTheIdempotencyRecord: Migration = {
  name: '0002_claims_in_the_idempotency_record',
  up: `
    ALTER TABLE ai.call_claim NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE ai.idempotency_record NO FORCE ROW LEVEL SECURITY;
    -- They have no fingerprint, so what repeats one of them is told 422 instead of 409: no second call either way.
    INSERT INTO ai.idempotency_record (key_hash, fingerprint, salt, leased_until, expires_at)
      SELECT key_hash, '', '', leased_until, expires_at FROM ai.call_claim
      ON CONFLICT (key_hash) DO NOTHING;
    ALTER TABLE ai.idempotency_record FORCE ROW LEVEL SECURITY;
    DROP TABLE ai.call_claim;`,
  // Without the claims: whose they were is not known any more.
  down: `
    CREATE TABLE ai.call_claim (
      key_hash BYTEA PRIMARY KEY,
      tenant_id UUID NOT NULL,
      leased_until TIMESTAMPTZ NOT NULL,
      expires_at TIMESTAMPTZ NOT NULL
    );
    CREATE INDEX idx_call_claim_expiry ON ai.call_claim (expires_at);
    ALTER TABLE ai.call_claim ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ai.call_claim TO plinth_ai_app;
    CREATE POLICY app_own_tenant ON ai.call_claim TO plinth_ai_app USING (${ownTenant});`,
};
