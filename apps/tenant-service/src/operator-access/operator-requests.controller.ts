import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, PageQuery, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { tenantErrors } from '../tenants/tenants.errors.js';
import { RequestAccessDto } from './dto/request-access.dto.js';
import { operatorAccessErrors } from './operator-access.errors.js';
import { operatorAccessShape } from './operator-access.js';
import { OperatorRequestsService } from './operator-requests.service.js';

@Controller('v1/admin')
export class OperatorRequestsController {
  constructor(private readonly requests: OperatorRequestsService) {}

  @Get('tenants/:id/access')
  @Operation('listTenantAccess', 'List operators’ access to a tenant, newest first')
  @Access('tenant_access.read')
  @Answers(200, shape.page(operatorAccessShape))
  @Refuses(tenantErrors.notFound)
  list(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Query() query: PageQuery) {
    return this.requests.list(ctx, id, query);
  }

  @Post('tenants/:id/access')
  @Operation('requestTenantAccess', 'Ask for access to a tenant, for a while')
  @Access('tenant_access.request')
  @Idempotent()
  @Answers(201, operatorAccessShape, { etag: true })
  @Refuses(tenantErrors.notFound, operatorAccessErrors.closed, operatorAccessErrors.openAlready, operatorAccessErrors.tenantNotActive)
  request(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: RequestAccessDto) {
    return this.requests.request(ctx, id, body);
  }

  @Get('access/:accessId')
  @Operation('getTenantAccess', 'Read an operator’s access to a tenant')
  @Access('tenant_access.read')
  @Answers(200, operatorAccessShape, { etag: true })
  @Refuses(operatorAccessErrors.notFound)
  get(@Param('accessId', UuidPipe) accessId: string) {
    return this.requests.get(accessId);
  }

  @Delete('access/:accessId')
  @Operation('endTenantAccess', 'End an operator’s access to a tenant, or withdraw the request')
  @Access('tenant_access.request')
  @Idempotent()
  @Answers(204, null, { ifMatch: true })
  @Refuses(operatorAccessErrors.notFound, operatorAccessErrors.notOpen)
  end(@Ctx() ctx: RequestContext, @Param('accessId', UuidPipe) accessId: string) {
    return this.requests.end(ctx, accessId);
  }
}
