import { Body, Controller, Get, Param, Patch, Put } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { memberErrors } from '../members/members.errors.js';
import { billingOf, billingShape } from './billing.js';
import { BillingDto } from './dto/billing.dto.js';
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
  @Refuses(memberErrors.personOnly, tenantErrors.notFound, tenantErrors.settingsInvalid, tenantErrors.settingsTooLarge)
  update(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: UpdateTenantDto) {
    return this.tenants.update(ctx, id, body);
  }

  @Get(':id/billing')
  @Operation('getBilling', 'To whom the tenant’s invoices are written')
  @Access('account.billing')
  @Answers(200, billingShape, { etag: true })
  @Refuses(tenantErrors.notFound)
  getBilling(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.tenants.getBilling(ctx, id);
  }

  @Put(':id/billing')
  @Operation('setBilling', 'Say to whom the tenant’s invoices are written')
  @Access('account.billing')
  @Idempotent()
  @Answers(200, billingShape, { etag: true })
  @Refuses(tenantErrors.notFound)
  setBilling(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: BillingDto) {
    return this.tenants.setBilling(ctx, id, billingOf(body));
  }
}
