import { Injectable } from '@nestjs/common';
import { ExpiringCache } from '@plinth/auth';
import { Transactor } from '@plinth/database';
import type { Principal, RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { AuditTrail } from '@plinth/outbox';
import { Metrics, type Instruments } from '@plinth/telemetry';
import { gatewayMetrics } from '../metrics.js';

/** For so long a key's further tries from one address are the same story. */
const repeatedMs = 10 * 60_000;
/** Addresses of one key in this time, so that whoever has many does not fill the tenant's trail. */
const mostAddresses = 20;
const capacity = 16_384;

/**
 * Tells a tenant's trail that one of its keys was tried from an address that it is not taken from: it is in wrong hands, or its networks are wrong.
 * The refusal itself does not depend on it: without the database it is counted as lost.
 *
 * @ruleExempt idempotency: a refusal has no effect that a retry could repeat; that it is told once in a while is decided here
 */
@Injectable()
export class Denials {
  /** Addresses by key. */
  private readonly recent = new ExpiringCache<Set<string>>(capacity);
  private readonly instruments: Instruments<typeof gatewayMetrics>;

  constructor(
    private readonly transactor: Transactor,
    private readonly audit: AuditTrail,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.instruments = metrics.of(gatewayMetrics);
  }

  /** Never throws. */
  async tell(principal: Principal & { readonly id: string; readonly tenantId: string }, context: RequestContext): Promise<void> {
    const { id, tenantId } = principal;
    if (!this.isNew(id, context.clientIp ?? '')) return this.instruments.denials.add({ outcome: 'repeated' });
    const { requestId, traceId, traceparent, clientIp, userAgent } = context;
    try {
      await this.transactor.run({ tenantId, principalId: id }, async (tx) => {
        this.audit.record(
          tx,
          { tenantId, principal, requestId, traceId, traceparent, clientIp, userAgent },
          { action: 'api_key.use', resource: { type: 'api_key', id }, outcome: 'denied', reason: 'address_not_allowed' },
        );
      });
      this.instruments.denials.add({ outcome: 'recorded' });
    } catch (error) {
      this.instruments.denials.add({ outcome: 'lost' });
      this.logger.warn('a refused address could not be told to the audit trail', { requestId, error });
    }
  }

  private isNew(id: string, address: string): boolean {
    const nowMs = systemClock.now().getTime();
    const known = this.recent.get(id, nowMs);
    if (known === undefined) {
      this.recent.set(id, new Set([address]), nowMs + repeatedMs);
      return true;
    }
    if (known.size >= mostAddresses || known.has(address)) return false;
    known.add(address);
    return true;
  }
}
