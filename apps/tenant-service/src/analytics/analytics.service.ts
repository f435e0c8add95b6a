import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { tenantErrors } from '../tenants/tenants.errors.js';
import { analyticsPeriod } from './analytics-period.js';
import { analyticsView, type AnalyticsView } from './analytics-views.js';
import { AnalyticsRepository } from './analytics.repository.js';
import type { AnalyticsQuery } from './dto/analytics.query.js';

/** What a tenant's administrators see of its use: sums by day that are there already. No name and no id of a person is among them. */
@Injectable()
export class AnalyticsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly analytics: AnalyticsRepository,
  ) {}

  /** In one snapshot, so that the parts add up. @throws Problem `tenant_not_found` (404), `analytics_period_invalid` (422) */
  async summarise(ctx: RequestContext, tenantId: string, { granularity = 'day', ...asked }: AnalyticsQuery): Promise<AnalyticsView> {
    return await this.transactor.read(
      ctx,
      async (conn) => {
        const facts = await this.analytics.findFacts(conn, tenantId);
        if (facts === null) throw tenantErrors.notFound();
        const period = analyticsPeriod(asked, systemClock.now(), facts.timeZone);
        return analyticsView(period, {
          ...facts,
          countedUntil: await this.analytics.findCountedUntil(conn, tenantId),
          routes: await this.analytics.listRoutes(conn, tenantId, period),
          people: await this.analytics.countPeople(conn, tenantId, period),
          created: await this.analytics.listCreated(conn, tenantId, period),
          series: await this.analytics.listSeries(conn, tenantId, period, granularity),
        });
      },
      { snapshot: true },
    );
  }
}
