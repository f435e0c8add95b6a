import { Controller, Get, Query } from '@nestjs/common';
import { authErrors, ServicesOnly } from '@plinth/auth';
import { Answers, Ctx, Refuses, RequestContext } from '@plinth/http';
import { UsageExportQuery } from './dto/usage-export.query.js';
import { UsageExportsService, usagePageShape } from './usage-exports.service.js';

/** What tenant-service puts into archives. */
@Controller('internal/v1/exports')
export class UsageExportsController {
  constructor(private readonly exports: UsageExportsService) {}

  @Get('usage')
  @ServicesOnly('tenant-service makes a copy of what a tenant or a person has used, in that tenant’s name')
  @Answers(200, usagePageShape)
  @Refuses(authErrors.tenantRequired)
  list(@Ctx() context: RequestContext, @Query() query: UsageExportQuery) {
    return this.exports.list(context, query);
  }
}
