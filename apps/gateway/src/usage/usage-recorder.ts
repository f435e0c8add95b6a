import { Injectable } from '@nestjs/common';
import { ApiUsageRecordedV1 } from '@plinth/contracts';
import { isUniqueViolation, Transactor } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Outbox } from '@plinth/outbox';
import { Metrics, type Instruments } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { GatewayConfig } from '../config.js';
import { gatewayMetrics } from '../metrics.js';
import { UsageCounts, type AnsweredCall } from './usage-counts.js';
import { usageEvents, type UsageEvent } from './usage-events.js';

/** Over all tenants, twice: once growing, once while it waits for the database. */
const limits = { routes: 20_000, people: 50_000 };

/**
 * What tenants' people and keys call, counted in memory and told through the outbox every some seconds (ADR 0049). Open when in doubt: no call
 * waits for it, and none fails by it. Guarantee: what has a place in memory is told once, also when the database comes back after an hour
 * or answers a commit too late to be heard; a clean stop tells the rest. A crash loses what came since the last time, some seconds; past the bounds
 * of memory calls are dropped and counted. Safe with several copies: each tells its own. Telemetry: `plinth_gateway_usage_calls_total`.
 *
 * @ruleExempt idempotency: it repeats itself, under the id that the event has
 */
@Injectable()
export class UsageRecorder extends Worker {
  private readonly counts: UsageCounts;
  private readonly instruments: Instruments<typeof gatewayMetrics>;
  /** What was taken out of the counts and is not told yet. */
  private waiting: UsageEvent[] = [];

  constructor(
    private readonly transactor: Transactor,
    private readonly outbox: Outbox,
    private readonly logger: Logger,
    { usageIntervalSeconds }: GatewayConfig,
    metrics: Metrics,
  ) {
    super({ name: 'usage-recorder', intervalMs: usageIntervalSeconds * 1_000, backoff: { baseMs: 500, capMs: 30_000 }, servesRequests: true, logger, metrics });
    const instruments = metrics.of(gatewayMetrics);
    this.instruments = instruments;
    this.counts = new UsageCounts(limits, (what) => (what === 'call' ? instruments.usageCalls.add({ outcome: 'dropped' }) : instruments.usagePeopleDropped.add({})));
  }

  /** Counts an answered call. Nobody's, and what an operator does in a tenant, is no tenant's use. */
  note({ type, id, tenantId }: Principal, call: Omit<AnsweredCall, 'tenantId' | 'userId'>): void {
    if (tenantId === null || (type !== 'user' && type !== 'api_key')) return;
    this.counts.add({ ...call, tenantId, userId: type === 'user' ? id : null }, systemClock.now().getTime());
  }

  /** Tells what was counted. @throws where not all could be: the rest waits, and what comes meanwhile is counted together */
  override async runOnce(): Promise<NextRun> {
    if (this.waiting.length === 0) {
      const until = systemClock.now();
      this.waiting = this.counts.take().flatMap((tenant) => usageEvents(tenant, until));
    }
    for (;;) {
      const [next] = this.waiting;
      if (next === undefined) return 'after_interval';
      await this.tell(next);
      this.waiting.shift();
    }
  }

  /** What came since the last run, and what that has left. */
  protected override async release(): Promise<void> {
    try {
      await this.runOnce();
      await this.runOnce();
    } catch (error) {
      const left = [...this.waiting, ...this.counts.take().flatMap((tenant) => usageEvents(tenant, systemClock.now()))];
      this.instruments.usageCalls.add({ outcome: 'lost' }, left.reduce((sum, event) => sum + callsIn(event), 0));
      this.logger.warn('the last calls could not be told to analytics', { error });
    }
  }

  protected override tellOutage(error: unknown): void {
    this.logger.warn('analytics cannot be told of calls, they are counted on', { error });
  }

  private async tell(event: UsageEvent): Promise<void> {
    const { id, payload } = event;
    const { tenantId } = payload;
    try {
      // Sums, in whatever order they come: gateways do not queue behind each other's.
      await this.transactor.run({ tenantId, principalId: null }, async (tx) => this.outbox.append(tx, ApiUsageRecordedV1, { id, aggregateId: tenantId, tenantId, payload, ordered: false }));
    } catch (error) {
      // A try before this one was committed, and its answer lost.
      if (!isUniqueViolation(error, 'event_outbox_pkey')) throw error;
    }
    this.instruments.usageCalls.add({ outcome: 'told' }, callsIn(event));
  }
}

function callsIn({ payload }: UsageEvent): number {
  return payload.routes.reduce((sum, { calls }) => sum + calls, 0);
}
