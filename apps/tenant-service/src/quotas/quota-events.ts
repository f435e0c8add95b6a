import { Injectable } from '@nestjs/common';
import { QuotaLimitChangedV1, QuotaPeriodEndedV1, QuotaResetV1, QuotaThresholdReachedV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { Outbox } from '@plinth/outbox';
import type { QuotaWindow } from './quota-window.js';

/** The request that something happens in. */
export interface Traced {
  readonly traceparent: string;
}

/** What the ledger tells: each window is an aggregate of its own. */
@Injectable()
export class QuotaEvents {
  constructor(private readonly outbox: Outbox) {}

  /** Each threshold once a period, in the transaction that has reached it. */
  tellThresholds(tx: Tx, { traceparent }: Traced, window: QuotaWindow): void {
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

  tellLimitChanged(tx: Tx, { traceparent }: Traced, { facts }: QuotaWindow, previousLimit: number): void {
    const { id, tenantId, metric, limit } = facts;
    this.outbox.append(tx, QuotaLimitChangedV1, { aggregateId: id, tenantId, traceparent, payload: { tenantId, metric, limit, previousLimit } });
  }

  /** @param ended closed, and nothing of it is held */
  tellPeriodEnded(tx: Tx, { traceparent }: Traced, ended: QuotaWindow): void {
    const { id, tenantId, metric, period, limit, forfeited, overrun } = ended.facts;
    if (period === null) throw new Error('a standing metric has no period that ends');
    this.outbox.append(tx, QuotaPeriodEndedV1, { aggregateId: id, tenantId, traceparent, payload: { tenantId, metric, period, limit, used: ended.used, forfeited, overrun } });
  }

  /** @param ended as it was when it ended; what is granted of it may come to its end later */
  tellReset(tx: Tx, { traceparent }: Traced, ended: QuotaWindow, begun: QuotaWindow): void {
    const { id, tenantId, metric, period, limit } = ended.facts;
    if (period === null || begun.facts.period === null) throw new Error('a standing metric has no period to begin anew');
    this.outbox.append(tx, QuotaResetV1, {
      aggregateId: id,
      tenantId,
      traceparent,
      payload: { tenantId, metric, period, nextPeriod: begun.facts.period, limit, used: ended.used },
    });
  }
}
