import type { Migration } from '@plinth/database';

/** A person's own usage is read for their archive (docs/adr/0050-other-services-in-archives.md), and is little of their tenant's. */
export const usageOfAPrincipal: Migration = {
  name: '0003_usage_of_a_principal',
  up: `CREATE INDEX idx_usage_record_principal ON ai.usage_record (tenant_id, principal_id, occurred_at, id);`,
  down: `DROP INDEX ai.idx_usage_record_principal;`,
};
