import { Controller, Get, Param, Query } from '@nestjs/common';
import { Access, activeTenant } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, UuidPipe } from '@plinth/http';
import { tenantErrors } from '../tenants/tenants.errors.js';
import { analyticsShape } from './analytics-views.js';
import { analyticsErrors } from './analytics.errors.js';
import { AnalyticsService } from './analytics.service.js';
import { AnalyticsQuery } from './dto/analytics.query.js';

@Controller('v1/tenants')
export class AnalyticsController {
  constructor(private readonly analytics: AnalyticsService) {}

  @Get(':id/analytics')
  @Operation('getAnalytics', 'What the tenant used in a period: routes and features, people and adoption, what was created, what was slow')
  @Access('analytics.read', activeTenant('id'))
  @Answers(200, analyticsShape)
  @Refuses(tenantErrors.notFound, analyticsErrors.periodInvalid)
  summarise(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Query() query: AnalyticsQuery) {
    return this.analytics.summarise(ctx, id, query);
  }
}
