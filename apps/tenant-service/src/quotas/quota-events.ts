import { Injectable } from '@nestjs/common';
import { QuotaThresholdReachedV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { Outbox } from '@plinth/outbox';
import type { QuotaWindow } from './quota-window.js';

/** What the ledger tells: each window is an aggregate of its own. */
@Injectable()
export class QuotaEvents {
  constructor(private readonly outbox: Outbox) {}

  /** Each threshold once a period, in the transaction that has reached it. */
  tellThresholds(tx: Tx, { traceparent }: RequestContext, window: QuotaWindow): void {
    const { id, tenantId, metric, period, limit } = window.facts;
    for (const threshold of window.takeThresholds()) {
      this.outbox.append(tx, QuotaThresholdReachedV1, {
        aggregateId: id,
        tenantId,
        traceparent,
        payload: { tenantId, metric, period, threshold, limit, used: window.used },
      });
    }
  }
}
