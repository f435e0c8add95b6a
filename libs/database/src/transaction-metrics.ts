import type { Instruments, Metrics } from '@plinth/telemetry';
import type { RolePool } from './connections.js';
import { databaseMetrics } from './metrics.js';

export type TransactionOutcome = 'committed' | 'rolled_back' | 'read' | 'refused';

/** Counts the transactions of a service's two pools, and shows how full the pools are. */
export class TransactionMetrics {
  private readonly instruments: Instruments<typeof databaseMetrics>;
  private readonly roleOf: ReadonlyMap<RolePool, string>;

  constructor(metrics: Metrics, pools: Readonly<Record<'app' | 'system', RolePool>>, poolSize: number) {
    this.instruments = metrics.of(databaseMetrics);
    this.roleOf = new Map(Object.entries(pools).map(([role, pool]) => [pool, role]));
    for (const role of this.roleOf.values()) this.instruments.poolLimit.set({ role }, poolSize);
    metrics.beforeScrape(() => this.showLoad());
  }

  /** Counts a transaction, once, when it has ended; one that could not begin is `refused`. */
  ended(pool: RolePool, outcome: TransactionOutcome): void {
    this.instruments.transactions.add({ role: this.roleOf.get(pool) ?? 'unknown', outcome });
  }

  private showLoad(): void {
    const { poolConnections, poolWaiting } = this.instruments;
    for (const [pool, role] of this.roleOf) {
      const { used, idle, waiting } = pool.load;
      poolConnections.set({ role, state: 'used' }, used);
      poolConnections.set({ role, state: 'idle' }, idle);
      poolWaiting.set({ role }, waiting);
    }
  }
}
