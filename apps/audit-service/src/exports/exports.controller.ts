import { Controller, Get, Query } from '@nestjs/common';
import { authErrors, ServicesOnly } from '@plinth/auth';
import { Answers, Ctx, Refuses, RequestContext } from '@plinth/http';
import { ExportPageQuery, PersonPageQuery, PersonQuery } from './dto/export.query.js';
import { ExportsService, logsShape, personPageShape, tenantPageShape } from './exports.service.js';

/** What tenant-service puts into archives. */
@Controller('internal/v1/exports')
export class ExportsController {
  constructor(private readonly exports: ExportsService) {}

  @Get('entries')
  @ServicesOnly('tenant-service makes a copy of all that a tenant has, in that tenant’s name')
  @Answers(200, tenantPageShape)
  @Refuses(authErrors.tenantRequired)
  listOfTenant(@Ctx() context: RequestContext, @Query() { before }: ExportPageQuery) {
    return this.exports.listOfTenant(context, before ?? null);
  }

  @Get('entries-of-person')
  @ServicesOnly('tenant-service makes a copy of what is stored of a person, tenant by tenant')
  @Answers(200, personPageShape)
  @Refuses(authErrors.tenantRequired)
  listOfPerson(@Ctx() context: RequestContext, @Query() query: PersonPageQuery) {
    return this.exports.listOfPerson(context, query);
  }

  @Get('logs')
  @ServicesOnly('a person may stand in the logs of tenants that they have left')
  @Answers(200, logsShape)
  listLogs(@Query() { person }: PersonQuery) {
    return this.exports.listLogsOf(person);
  }
}
