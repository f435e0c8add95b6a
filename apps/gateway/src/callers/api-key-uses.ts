import { Injectable } from '@nestjs/common';
import { systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Metrics, type Instruments } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { gatewayMetrics } from '../metrics.js';
import { tellUses } from './tenant-service-answers.js';
import { TenantServiceCalls } from './tenant-service-calls.js';

const minuteMs = 60_000;
const tellEveryMs = 5_000;
/** As many as tenant-service takes at a time. */
const batchSize = 1_000;
/** Keys that wait to be told of; with tenant-service away for long, later ones are dropped and counted. */
const capacity = 16_384;

/**
 * When keys were last let in, told to tenant-service in batches: of each key once a minute, within 5 s, so that a call costs a look
 * into a map. Guarantee: none of delivery. Open when in doubt: what cannot be told holds nobody up, is tried again, and counted; a clean stop tells
 * the rest, a crash loses some seconds. Safe with several copies: the later time stands. Telemetry: `plinth_gateway_api_key_uses_total`.
 */
@Injectable()
export class ApiKeyUses extends Worker {
  /** By id, in minutes since 1970: what tenant-service has not been told. */
  private readonly waiting = new Map<string, number>();
  /** Of this minute, so that it is not told again; as many as may wait. */
  private readonly told = new Map<string, number>();
  private readonly instruments: Instruments<typeof gatewayMetrics>;

  constructor(
    private readonly tenantService: TenantServiceCalls,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'api-key-uses', intervalMs: tellEveryMs, backoff: { baseMs: 500, capMs: 30_000 }, servesRequests: true, logger, metrics });
    this.instruments = metrics.of(gatewayMetrics);
  }

  /** Notes that the key was let in just now. */
  note(id: string): void {
    const minute = minuteNow();
    if (this.told.get(id) === minute) return;
    if (this.waiting.size >= capacity && !this.waiting.has(id)) return this.instruments.keyUses.add({ outcome: 'dropped' });
    this.waiting.set(id, minute);
  }

  /** Tells what waits. @throws where tenant-service has not taken all */
  override async runOnce(): Promise<NextRun> {
    const minute = minuteNow();
    for (const [id, toldMinute] of this.told) if (toldMinute < minute) this.told.delete(id);
    const all = [...this.waiting];
    for (let from = 0; from < all.length; from += batchSize) await this.tell(all.slice(from, from + batchSize));
    return 'after_interval';
  }

  /** What came since the last run. */
  protected override async release(): Promise<void> {
    await this.runOnce().catch((error: unknown) => this.logger.warn('the last uses of keys could not be told', { error }));
  }

  private async tell(batch: readonly (readonly [id: string, minute: number])[]): Promise<void> {
    try {
      await tellUses(this.tenantService, batch.map(([id, minute]) => ({ id, at: new Date(minute * minuteMs).toISOString() })));
    } catch (error) {
      this.instruments.keyUses.add({ outcome: 'failed' }, batch.length);
      throw error;
    }
    this.instruments.keyUses.add({ outcome: 'told' }, batch.length);
    for (const [id, minute] of batch) {
      if (this.told.size < capacity) this.told.set(id, minute);
      // Used again meanwhile, in another minute: that is to be told still.
      if (this.waiting.get(id) === minute) this.waiting.delete(id);
    }
  }
}

function minuteNow(): number {
  return Math.floor(systemClock.now().getTime() / minuteMs);
}
