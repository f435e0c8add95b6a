import { defineMetrics } from '@plinth/telemetry';

/** What the two pools of a service do; `role` is `app` or `system`. */
export const databaseMetrics = defineMetrics({
  poolConnections: {
    name: 'plinth_database_pool_connections',
    kind: 'gauge',
    help: 'Open connections of a pool, by state: used or idle.',
    labels: ['role', 'state'],
  },
  poolLimit: { name: 'plinth_database_pool_limit_connections', kind: 'gauge', help: 'Most connections of a pool.', labels: ['role'] },
  poolWaiting: {
    name: 'plinth_database_pool_waiting_requests',
    kind: 'gauge',
    help: 'Transactions that wait for a connection of a pool.',
    labels: ['role'],
  },
  transactions: {
    name: 'plinth_database_transactions_total',
    kind: 'counter',
    help: 'Transactions by outcome: committed, rolled_back, read (never wrote) or refused (could not begin).',
    labels: ['role', 'outcome'],
  },
});
