import { Body, Controller, Get, Param, Patch } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Ctx, RequestContext, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { UpdateTenantDto } from './dto/update-tenant.dto.js';
import { TenantsService } from './tenants.service.js';

@Controller('v1/tenants')
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Get(':id')
  @Access('tenant.read')
  get(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.tenants.get(ctx, id);
  }

  @Patch(':id')
  @Access('tenant.update')
  @Idempotent()
  update(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: UpdateTenantDto) {
    return this.tenants.update(ctx, id, body);
  }
}
