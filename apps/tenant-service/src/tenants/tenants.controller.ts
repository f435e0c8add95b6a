import { Body, Controller, Get, Param, Patch } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { UpdateTenantDto } from './dto/update-tenant.dto.js';
import { tenantShape } from './tenant.entity.js';
import { tenantErrors } from './tenants.errors.js';
import { TenantsService } from './tenants.service.js';

@Controller('v1/tenants')
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Get(':id')
  @Operation('getTenant', 'Read a tenant')
  @Access('tenant.read')
  @Answers(200, tenantShape, { etag: true })
  @Refuses(tenantErrors.notFound)
  get(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.tenants.get(ctx, id);
  }

  @Patch(':id')
  @Operation('updateTenant', 'Change a tenant')
  @Access('tenant.update')
  @Idempotent()
  @Answers(200, tenantShape, { etag: true })
  @Refuses(tenantErrors.notFound, tenantErrors.settingsTooLarge)
  update(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: UpdateTenantDto) {
    return this.tenants.update(ctx, id, body);
  }
}
