import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Metrics, type Instruments } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { Revocations } from '../callers/revocations.js';
import { gatewayMetrics } from '../metrics.js';

/** With the feed's 0.1 s, well below the second that a revocation may take. */
const sweepEveryMs = 250;
/** While the feed is silent every look is a question to tenant-service. */
const askEveryMs = 1_000;

interface OpenExchange {
  readonly response: ServerResponse;
  readonly recheck: () => Promise<void>;
  /** When its caller is let in no more whatever the feed tells; null for never. */
  readonly endsAtMs: number | null;
  readonly route: string;
  readonly requestId: string;
}

/**
 * Ends answers that go on for long (streams of models, exports) when their caller would not be let in any more: its key or session is
 * revoked, its tenant suspended, a role of its own is gone. Guarantee: within a second while tenant-service is reachable; with
 * tenant-service gone, as other calls of the caller. The client sees a broken connection, as with every answer that ends too early. Each gateway looks
 * after its own. Telemetry: `plinth_gateway_answers_ended_total`.
 */
@Injectable()
export class OpenExchanges extends Worker {
  private readonly open = new Set<OpenExchange>();
  private readonly instruments: Instruments<typeof gatewayMetrics>;
  private sweptSequence = -1;
  private sweptAtMs = -Infinity;

  constructor(
    private readonly revocations: Revocations,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'open-exchanges', intervalMs: sweepEveryMs, backoff: { baseMs: sweepEveryMs, capMs: askEveryMs }, servesRequests: true, logger, metrics });
    this.instruments = metrics.of(gatewayMetrics);
  }

  /** @returns what to call when the answer has ended */
  add(exchange: OpenExchange): () => void {
    this.open.add(exchange);
    return () => void this.open.delete(exchange);
  }

  /** Looks at what is open where the feed has told something, or is silent; and at whose caller's time is over. */
  override async runOnce(): Promise<NextRun> {
    await this.lookAtEnded();
    const { sequence, fresh } = this.revocations;
    const nowMs = performance.now();
    if (fresh ? sequence === this.sweptSequence : nowMs - this.sweptAtMs < askEveryMs) return 'after_interval';
    [this.sweptSequence, this.sweptAtMs] = [fresh ? sequence : -1, nowMs];
    // An answer that has not begun has shown nothing; it is looked at when it has.
    const begun = [...this.open].filter(({ response }) => response.headersSent);
    if (begun.length < this.open.size) this.sweptSequence = -1;
    await Promise.all(begun.map((exchange) => this.look(exchange)));
    return 'after_interval';
  }

  protected override tellOutage(error: unknown): void {
    this.logger.error('open answers are not looked after', { error });
  }

  protected override tellRecovery(failures: number): void {
    this.logger.info('open answers are looked after again', { attempt: failures + 1 });
  }

  private async lookAtEnded(): Promise<void> {
    const nowMs = systemClock.now().getTime();
    const ended = [...this.open].filter(({ endsAtMs, response }) => endsAtMs !== null && endsAtMs <= nowMs && response.headersSent);
    await Promise.all(ended.map((exchange) => this.look(exchange)));
  }

  private async look(exchange: OpenExchange): Promise<void> {
    const { response, recheck, route, requestId } = exchange;
    try {
      await recheck();
    } catch (error) {
      if (!this.open.has(exchange)) return;
      this.instruments.streamsEnded.add({});
      this.logger.info('answer ended: its caller is not let in any more', { route, requestId, error });
      response.destroy();
    }
  }
}
