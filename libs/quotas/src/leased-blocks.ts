import type { QuotaMetric } from '@plinth/contracts';
import { Problem } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import type { Instruments, Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { quotaMetricsTable } from './metrics.js';
import { quotaErrors } from './quotas.errors.js';
import { TenantBlocks } from './tenant-blocks.js';
import type { QuotaLedger, QuotaStanding } from './wire.js';

/** How often blocks that are over are told of, where no new one does so. */
const sweepMs = 1_000;
/** Tenants whose blocks are told of at once. */
const atOnce = 16;

/** What blocks are taken from, and for what. */
export interface LeasedBlocksOptions {
  readonly ledger: QuotaLedger;
  readonly metric: QuotaMetric;
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
  /** Monotonic milliseconds; a test's own. */
  readonly nowMs?: () => number;
}

/**
 * A metric's units, spent from memory. Guarantee: nothing is spent that the ledger has not granted to this process, and
 * nothing after the ledger may have forfeited it; a clean stop gives back what is left; after a crash it counts as used.
 * Closed when in doubt: with no block and no ledger nothing passes. Safe with several copies: the ledger is what they share.
 */
export class LeasedBlocks extends Worker {
  private readonly byTenant = new Map<string, TenantBlocks>();
  private readonly nowMs: () => number;
  private readonly instruments: Instruments<typeof quotaMetricsTable> | undefined;
  private ended = false;

  constructor(private readonly options: LeasedBlocksOptions) {
    const { metric, logger, metrics } = options;
    super({ name: `quota-blocks-${metric}`, intervalMs: sweepMs, backoff: { baseMs: 200, capMs: 5_000 }, servesRequests: true, logger, metrics });
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.instruments = metrics?.of(quotaMetricsTable);
  }

  /**
   * Uses units of a tenant. Mostly it answers at once, from memory; where it answers a promise the ledger is asked.
   *
   * @param units from 1
   * @returns where the tenant stands then
   * @throws Problem `quota_exhausted` (429), `quota_unconfirmed` (503): by the promise
   */
  take(tenantId: string, units = 1): QuotaStanding | Promise<QuotaStanding> {
    const blocks = this.blocksOf(tenantId);
    const standing = this.ended ? undefined : blocks.take(units);
    if (standing === undefined) return this.takeWaiting(blocks, units);
    this.count('passed');
    return standing;
  }

  /** Tells of the blocks that are over. @throws where the ledger was not told of all */
  override async runOnce(): Promise<NextRun> {
    await this.tellAll(false);
    for (const [tenantId, blocks] of this.byTenant) if (blocks.idle) this.byTenant.delete(tenantId);
    this.instruments?.tenants.set({ metric: this.options.metric }, this.byTenant.size);
    return 'after_interval';
  }

  /** Gives back what is left of every block. */
  protected override async release(): Promise<void> {
    this.ended = true;
    await this.tellAll(true).catch((error: unknown) => this.options.logger.warn('quota blocks could not be given back', { name: this.options.metric, error }));
  }

  private async takeWaiting(blocks: TenantBlocks, units: number): Promise<QuotaStanding> {
    try {
      if (this.ended) throw quotaErrors.unconfirmed(new Error('the blocks are given back'));
      const standing = await blocks.takeWaiting(units);
      this.count('passed');
      return standing;
    } catch (error) {
      const isExhausted = error instanceof Problem && error.code === quotaErrors.exhausted.definition.code;
      this.count(isExhausted ? 'exhausted' : 'unconfirmed');
      throw error;
    }
  }

  private async tellAll(all: boolean): Promise<void> {
    const waiting = [...this.byTenant.values()];
    const failures: unknown[] = [];
    const tellNext = async (): Promise<void> => {
      for (let blocks = waiting.pop(); blocks !== undefined; blocks = waiting.pop()) await blocks.tell(all).catch((error: unknown) => failures.push(error));
    };
    await Promise.all(Array.from({ length: atOnce }, tellNext));
    if (failures.length > 0) throw failures[0];
  }

  private blocksOf(tenantId: string): TenantBlocks {
    const known = this.byTenant.get(tenantId);
    if (known !== undefined) return known;
    const { ledger, metric, logger } = this.options;
    const blocks = new TenantBlocks({ tenantId, metric }, ledger, this.nowMs, (error) => logger.debug('a quota block could not be renewed', { name: metric, error }));
    this.byTenant.set(tenantId, blocks);
    return blocks;
  }

  private count(outcome: 'passed' | 'exhausted' | 'unconfirmed'): void {
    this.instruments?.takes.add({ metric: this.options.metric, outcome });
  }
}
