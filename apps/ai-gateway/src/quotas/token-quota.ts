import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { RequestContext } from '@plinth/http';
import { backoffDelayMs, Problem } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import type { QuotaLedger } from '@plinth/quotas';
import type { UsageRecord } from '../usage/usage-record.js';

const metric = 'ai_tokens';
/** Longer than a call to a model lasts; a stream that lasts longer is settled late. */
const ttlSeconds = 900;
const tries = 6;
const wait = { baseMs: 200, capMs: 5_000 };
/** Failures of a request to the ledger after which it may have set the tokens aside all the same. */
const unclear: readonly string[] = ['upstream_timeout', 'upstream_invalid_answer'];

/**
 * Tokens of the tenant's quota, reserved before a call and settled with what it came to on every ending (ADR 0035). Closed when in
 * doubt: without a reservation nothing is asked of a model, and one that nobody settles counts in full.
 */
@Injectable()
export class TokenQuota implements OnApplicationShutdown {
  private readonly held = new Set<string>();
  private readonly ending = new Set<Promise<void>>();

  constructor(
    private readonly ledger: QuotaLedger,
    private readonly logger: Logger,
  ) {}

  /**
   * @param callId of the usage record that the call will have
   * @param units the most tokens that it can use
   * @throws Problem `quota_exhausted` (429), `quota_unconfirmed` (503)
   */
  async reserve(ctx: RequestContext, callId: string, units: number): Promise<void> {
    const subject = { tenantId: tenantOf(ctx), metric, reservationId: callId } as const;
    try {
      await this.ledger.reserve({ ...subject, units, ttlSeconds });
    } catch (error) {
      if (mayHaveReserved(error)) this.inBackground(ctx, () => this.ledger.release(subject));
      throw error;
    }
    this.held.add(callId);
  }

  /** Of a call that has ended, whichever way. Nobody waits for it: the caller has its answer. */
  settle(ctx: RequestContext, { id, promptTokens, completionTokens }: UsageRecord): void {
    if (!this.held.delete(id)) return;
    const request = { tenantId: tenantOf(ctx), metric, reservationId: id, units: promptTokens + completionTokens } as const;
    this.inBackground(ctx, () => this.ledger.settle(request));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.ending);
  }

  private inBackground(ctx: RequestContext, end: () => Promise<unknown>): void {
    const ended = this.tryEnding(ctx, end).finally(() => this.ending.delete(ended));
    this.ending.add(ended);
  }

  private async tryEnding({ tenantId, requestId }: RequestContext, end: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await end();
        return;
      } catch (error) {
        if (attempt >= tries || !(error instanceof Problem)) {
          return this.logger.error('tokens of a call stay reserved, and will count in full', { requestId, tenantId, error });
        }
        await delay(backoffDelayMs(attempt, wait));
      }
    }
  }
}

function tenantOf({ tenantId }: RequestContext): string {
  if (tenantId === null) throw new Error('a call to a model has a tenant');
  return tenantId;
}

function mayHaveReserved(error: unknown): boolean {
  const cause = error instanceof Problem ? error.extra.cause : undefined;
  return cause instanceof Problem && unclear.includes(cause.code);
}
