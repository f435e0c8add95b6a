import { Injectable } from '@nestjs/common';
import { featureOfRoute, featuresOfTier } from '@plinth/contracts';
import { shape, SignedCursor, type Described, type Page } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import type { TenantPosition } from '../tenants/tenant-search.js';
import { AllAnalyticsRepository, type TenantSums } from './all-analytics.repository.js';
import { analyticsPeriod } from './analytics-period.js';
import { adoptionShape, adoptionView } from './analytics-views.js';
import type { AllAnalyticsQuery } from './dto/all-analytics.query.js';

export const tenantAnalyticsShape = shape.named(
  'TenantAnalytics',
  shape.record({
    ...{ id: shape.uuid(), name: shape.text(), tier: shape.text(), status: shape.text() },
    calls: shape.integer('Calls that were answered.'),
    failed: shape.integer('Of `calls`: answered 5xx.'),
    created: shape.integer('Things of all kinds.'),
    adoption: adoptionShape,
  }),
);
export type TenantAnalyticsView = Described<typeof tenantAnalyticsShape>;

/** How much each tenant uses of what it could, for operators: numbers, and nobody's name but the tenant's. */
@Injectable()
export class AllAnalyticsService {
  constructor(
    private readonly analytics: AllAnalyticsRepository,
    private readonly cursors: SignedCursor,
  ) {}

  /** Newest tenants first. @throws Problem `analytics_period_invalid` (422), `cursor_invalid` (400) */
  async list(query: AllAnalyticsQuery): Promise<Page<TenantAnalyticsView>> {
    const period = analyticsPeriod(query, systemClock.now(), 'UTC');
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      // The days as they were asked for: a page after midnight is one of the same list.
      binding: ['analytics', query.from ?? null, query.to ?? null],
      read: (after: TenantPosition | null, limit) => this.analytics.listTenants(period, after, limit),
      positionOf: ({ createdAt, id }: TenantSums): TenantPosition => [createdAt.toISOString(), id],
    });
    return { data: rows.map(viewOf), nextCursor };
  }
}

function viewOf({ id, name, tier, status, calls, failed, created, routes, ...people }: TenantSums): TenantAnalyticsView {
  return { id, name, tier, status, calls, failed, created, adoption: adoptionView(people, new Set(routes.map(featureOfRoute)), featuresOfTier(tier)) };
}
