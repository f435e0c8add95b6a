import type { Migration } from '@plinth/database';

/**
 * Deactivated tenants in the feed, to whom invoices are written, and what operators search tenants by (ADR 0037). The
 * lists are the system role's: operators belong to no tenant, and a person's tenants are each behind its own policy.
 */
export const tenantLifeCycle: Migration = {
  name: '0010_tenant_life_cycle',
  up: `
    ALTER TABLE tenancy.revocation DROP CONSTRAINT revocation_kind_known;
    ALTER TABLE tenancy.revocation ADD CONSTRAINT revocation_kind_known
      CHECK (kind IN ('tenant_suspended', 'tenant_restored', 'tenant_deactivated', 'session_revoked', 'api_key_revoked'));

    ALTER TABLE tenancy.tenant ADD COLUMN billing JSONB NOT NULL
      DEFAULT '{"company": null, "addressLines": [], "postalCode": null, "city": null, "country": null, "taxId": null, "email": null, "purchaseOrder": null}';
    -- Words of name and slug. What is neither letter nor digit parts them, for the parser would take "a.b" for a host and "a-b" for one word.
    ALTER TABLE tenancy.tenant ADD COLUMN search_words TSVECTOR
      GENERATED ALWAYS AS (to_tsvector('simple', regexp_replace(name || ' ' || slug, '[^[:alnum:]]+', ' ', 'g'))) STORED;
    CREATE INDEX idx_tenant_search ON tenancy.tenant USING gin (search_words);
    -- Newest first, all of them and of one status or tier: each page begins where the one before has ended.
    CREATE INDEX idx_tenant_created ON tenancy.tenant (created_at, id);
    CREATE INDEX idx_tenant_status_created ON tenancy.tenant (status, created_at, id);
    CREATE INDEX idx_tenant_tier_created ON tenancy.tenant (tier, created_at, id);
    GRANT SELECT (name, slug, tier, created_at, updated_at, search_words) ON tenancy.tenant TO plinth_tenancy_system;`,
  down: `
    REVOKE SELECT (name, slug, tier, created_at, updated_at, search_words) ON tenancy.tenant FROM plinth_tenancy_system;
    DROP INDEX tenancy.idx_tenant_tier_created;
    DROP INDEX tenancy.idx_tenant_status_created;
    DROP INDEX tenancy.idx_tenant_created;
    ALTER TABLE tenancy.tenant DROP COLUMN search_words, DROP COLUMN billing;
    -- A feed of before knows none of these: its gateways ask per request for who is not told.
    ALTER TABLE tenancy.revocation DROP CONSTRAINT revocation_kind_known;
    ALTER TABLE tenancy.revocation ADD CONSTRAINT revocation_kind_known
      CHECK (kind IN ('tenant_suspended', 'tenant_restored', 'session_revoked', 'api_key_revoked')) NOT VALID;`,
};
