import { defineMetrics } from '@plinth/telemetry';

/** What holders of blocks do; whose units they are is not told. */
export const quotaMetricsTable = defineMetrics({
  takes: { name: 'plinth_quota_takes_total', kind: 'counter', help: 'Uses of a quota from leased blocks, by outcome: passed, exhausted or unconfirmed.', labels: ['metric', 'outcome'] },
  tenants: { name: 'plinth_quota_block_tenants', kind: 'gauge', help: 'Tenants of which this process holds blocks.', labels: ['metric'] },
});
