import { Injectable } from '@nestjs/common';
import { quotaMetrics, tiers, type QuotaMetric } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { newId } from '@plinth/kernel';
import type { QuotaStanding } from '@plinth/quotas';
import { tenantErrors } from '../tenants/tenants.errors.js';
import { billingPeriodAt, nextBillingPeriod, type BillingPeriod } from './billing-period.js';
import { LedgerClock } from './ledger-clock.js';
import { QuotaEvents, type Traced } from './quota-events.js';
import { QuotaWindow, type WindowState } from './quota-window.js';
import { QuotasRepository, type TenantFacts } from './quotas.repository.js';

/** The open window, locked, at a moment, for a request. */
export interface OpenWindow extends Traced {
  readonly window: QuotaWindow;
  readonly now: Date;
}

/** Opens windows: a period begins with its first use, and nobody has to begin it. */
@Injectable()
export class OpenWindows {
  constructor(
    private readonly quotas: QuotasRepository,
    private readonly clock: LedgerClock,
    private readonly events: QuotaEvents,
  ) {}

  /**
   * The tenant's window of now, locked to the end of the transaction, with today's limit; what has expired is forfeited. A
   * period that has ended is closed, and the next one opened.
   *
   * @throws Problem `tenant_not_found` (404)
   */
  async claim(tx: Tx, { traceparent }: Traced, tenantId: string, metric: QuotaMetric): Promise<OpenWindow> {
    for (;;) {
      const locked = await this.quotas.claimOpenWindow(tx, tenantId, metric);
      const facts = await this.quotas.findFacts(tx, tenantId, metric);
      if (facts === null) throw tenantErrors.notFound();
      const now = this.clock.read(facts.databaseTime);
      if (!locked) {
        // Where another is quicker, its window is there once it has committed. Not locked yet: by the next turn.
        await this.quotas.insertWindow(tx, openingWindow(tenantId, metric, facts, now));
        continue;
      }
      const forfeited = await this.forfeitExpired(tx, tenantId, metric, facts, now);
      const window = new QuotaWindow(await this.quotas.getOpenWindow(tx, tenantId, metric));
      await this.saveOthers(tx, { traceparent }, forfeited, window);
      if (window.hasEnded(now)) {
        window.close(now);
        await this.save(tx, { traceparent }, window);
        continue;
      }
      window.limitTo(limitOf(metric, facts));
      return { window, now, traceparent };
    }
  }

  /**
   * Closes a window whose period is over and of which nothing is held any more, and opens none: the next one begins with its
   * first use.
   *
   * @returns it as it ended; null where something of it is held still
   */
  async end(tx: Tx, { traceparent }: Traced, { id, tenantId, metric }: Pick<WindowState, 'id' | 'tenantId' | 'metric'>): Promise<OpenWindow | null> {
    // The metric's lock, where a window is open: this one, or the next.
    await this.quotas.claimOpenWindow(tx, tenantId, metric);
    // Before its grants, as whoever settles one late does.
    await this.quotas.claimWindow(tx, id);
    const facts = await this.quotas.findFacts(tx, tenantId, metric);
    if (facts === null) throw tenantErrors.notFound();
    const now = this.clock.read(facts.databaseTime);
    const forfeited = await this.forfeitExpired(tx, tenantId, metric, facts, now);
    const window = new QuotaWindow(await this.quotas.claimWindow(tx, id));
    await this.saveOthers(tx, { traceparent }, forfeited, window);
    if (window.facts.closedAt === null && window.hasEnded(now)) window.close(now);
    await this.save(tx, { traceparent }, window);
    return window.isSettled ? { window, now, traceparent } : null;
  }

  /** Ends the window at once, and opens another for the rest of its period. */
  async restart(tx: Tx, { window, now, traceparent }: OpenWindow): Promise<OpenWindow> {
    window.close(now);
    await this.save(tx, { traceparent }, window);
    const { tenantId, metric, period, endsAt, limit } = window.facts;
    if (period === null) throw new Error('a standing metric has no period to begin anew');
    const round = Number(period.split('.')[1] ?? '1') + 1;
    const state = fresh(tenantId, metric, { period: `${monthOf(period)}.${round}`, startsAt: now, endsAt, limit });
    await this.quotas.insertWindow(tx, state);
    return { window: new QuotaWindow(state), now, traceparent };
  }

  /** What was done to a window, open or closed, with the thresholds that it reached: whatever made it reach them, they are told of once. */
  async save(tx: Tx, traced: Traced, window: QuotaWindow): Promise<void> {
    this.events.tellThresholds(tx, traced, window);
    await this.quotas.saveWindow(tx, window.facts);
  }

  /** @returns the windows in which something was forfeited */
  private async forfeitExpired(tx: Tx, tenantId: string, metric: QuotaMetric, { nextExpiry }: TenantFacts, now: Date): Promise<readonly string[]> {
    return nextExpiry !== null && nextExpiry <= now ? await this.quotas.forfeitExpired(tx, tenantId, metric, now) : [];
  }

  private async saveOthers(tx: Tx, traced: Traced, ids: readonly string[], { facts }: QuotaWindow): Promise<void> {
    for (const id of ids) if (id !== facts.id) await this.save(tx, traced, new QuotaWindow(await this.quotas.claimWindow(tx, id)));
  }
}

/** Where the tenant stands now. */
export function standingOf({ window, now }: OpenWindow): QuotaStanding {
  const { limit, period, endsAt } = window.facts;
  return { limit, remaining: window.free, period, resetsInMs: endsAt === null ? null : endsAt.getTime() - now.getTime() };
}

/** The tenant's limit: an operator's, else its tier's. */
export function limitOf(metric: QuotaMetric, { ownLimit, tier }: Pick<TenantFacts, 'ownLimit' | 'tier'>): number {
  return ownLimit ?? tiers[tier].limits[metric];
}

/**
 * The first window, or the one behind the last. A tenant that moves to another time zone keeps the period that it is in:
 * the next one begins where that ends, and is the next month where the new zone's clocks still read the old.
 */
export function openingWindow(tenantId: string, metric: QuotaMetric, facts: TenantFacts, now: Date): WindowState {
  const limit = limitOf(metric, facts);
  if (quotaMetrics[metric].counting === 'standing') {
    // What is there stays there, also beyond the limit.
    const { standing } = facts;
    return { ...fresh(tenantId, metric, { period: null, startsAt: now, endsAt: null, limit }), settled: standing, ceiling: Math.max(limit, standing) };
  }
  const { timeZone, lastPeriod, lastEndsAt } = facts;
  const current = billingPeriodAt(now, timeZone);
  if (lastPeriod === null || lastEndsAt === null) return fresh(tenantId, metric, { ...named(current), limit });
  const lastMonth = monthOf(lastPeriod);
  // The clocks of another zone may read the old month still, or have begun the new one earlier.
  if (current.id <= lastMonth) return fresh(tenantId, metric, { ...named(nextBillingPeriod(lastMonth, timeZone)), startsAt: lastEndsAt, limit });
  const startsAt = lastEndsAt > current.startsAt ? lastEndsAt : current.startsAt;
  return fresh(tenantId, metric, { ...named(current), startsAt, limit });
}

function named({ id, startsAt, endsAt }: BillingPeriod): Pick<WindowState, 'period' | 'startsAt' | 'endsAt'> {
  return { period: id, startsAt, endsAt };
}

/** Of `2026-11` and of `2026-11.2`, which a reset began: `2026-11`. */
function monthOf(period: string): string {
  return period.slice(0, 7);
}

function fresh(tenantId: string, metric: QuotaMetric, { period, startsAt, endsAt, limit }: Pick<WindowState, 'period' | 'startsAt' | 'endsAt' | 'limit'>): WindowState {
  const nothing = { settled: 0, reserved: 0, leased: 0, forfeited: 0, overrun: 0, toldPercent: 0, closedAt: null };
  return { id: newId(), tenantId, metric, period, startsAt, endsAt, limit, ceiling: limit, ...nothing };
}
