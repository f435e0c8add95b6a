import type { Migration } from '@plinth/database';

const ownTenant = `tenant_id = nullif(current_setting('plinth.tenant_id', true), '')::uuid`;

/**
 * What each call used, and the claims of keyed calls that are under way. Neither holds a prompt or an answer.
 */
export const usage: Migration = {
  name: '0001_usage',
  up: `
    CREATE TABLE ai.usage_record (
      id UUID PRIMARY KEY,
      tenant_id UUID NOT NULL,
      principal_type TEXT NOT NULL,
      principal_id UUID NOT NULL,
      provider TEXT NOT NULL,
      -- As the caller named it, and as the provider knows it.
      model TEXT NOT NULL,
      provider_model TEXT NOT NULL,
      streamed BOOLEAN NOT NULL,
      prompt_tokens BIGINT NOT NULL,
      completion_tokens BIGINT NOT NULL,
      estimated BOOLEAN NOT NULL,
      ending TEXT NOT NULL,
      -- What the caller was answered, in the code of our problems; null where it went well.
      error_code TEXT,
      duration_ms INT NOT NULL,
      request_id TEXT NOT NULL,
      occurred_at TIMESTAMPTZ(3) NOT NULL,
      CONSTRAINT usage_record_tokens_positive CHECK (prompt_tokens >= 0 AND completion_tokens >= 0),
      CONSTRAINT usage_record_ending_known CHECK (ending IN ('completed', 'cut', 'aborted', 'failed'))
    );
    -- A tenant's usage is summed over a time.
    CREATE INDEX idx_usage_record_tenant_time ON ai.usage_record (tenant_id, occurred_at);
    ALTER TABLE ai.usage_record ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON ai.usage_record TO plinth_ai_app;
    CREATE POLICY app_own_tenant ON ai.usage_record TO plinth_ai_app USING (${ownTenant});

    CREATE TABLE ai.call_claim (
      key_hash BYTEA PRIMARY KEY,
      tenant_id UUID NOT NULL,
      -- Another call with the key is refused until then, and told that the outcome is unknown after it.
      leased_until TIMESTAMPTZ NOT NULL,
      -- As long as an answer would be kept.
      expires_at TIMESTAMPTZ NOT NULL
    );
    CREATE INDEX idx_call_claim_expiry ON ai.call_claim (expires_at);
    ALTER TABLE ai.call_claim ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ai.call_claim TO plinth_ai_app;
    CREATE POLICY app_own_tenant ON ai.call_claim TO plinth_ai_app USING (${ownTenant});`,
  down: `DROP TABLE ai.call_claim; DROP TABLE ai.usage_record;`,
};
