import { Controller, Get, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Operation, Refuses, shape } from '@plinth/http';
import { AllAnalyticsService, tenantAnalyticsShape } from './all-analytics.service.js';
import { analyticsErrors } from './analytics.errors.js';
import { AllAnalyticsQuery } from './dto/all-analytics.query.js';

@Controller('v1/admin/analytics')
export class AllAnalyticsController {
  constructor(private readonly analytics: AllAnalyticsService) {}

  @Get()
  @Operation('listAnalytics', 'How much each tenant uses of what it could, newest tenants first')
  @Access('analytics.read_any')
  @Answers(200, shape.page(tenantAnalyticsShape))
  @Refuses(analyticsErrors.periodInvalid)
  list(@Query() query: AllAnalyticsQuery) {
    return this.analytics.list(query);
  }
}
