import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { authErrors, SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { CreateTenantDto } from './dto/create-tenant.dto.js';
import { ListTenantsQuery } from './dto/list-tenants.query.js';
import { TenantDirectoryService } from './tenant-directory.service.js';
import { listedTenantShape, tenantShape } from './tenant.entity.js';
import { tenantErrors } from './tenants.errors.js';

@Controller('v1/tenants')
export class TenantDirectoryController {
  constructor(private readonly directory: TenantDirectoryService) {}

  @Get()
  @Operation('listTenants', 'List the caller’s tenants; for operators, search all')
  @SignedIn('everyone may see to which tenants they belong; all of them are for operators, by tenant.list')
  @Answers(200, shape.page(listedTenantShape))
  @Refuses(tenantErrors.usersOnly, authErrors.accessDenied)
  list(@Ctx() ctx: RequestContext, @Query() query: ListTenantsQuery) {
    return this.directory.list(ctx, query);
  }

  @Post()
  @Operation('createTenant', 'Make another tenant, which the caller owns')
  @SignedIn('every user may have tenants of its own')
  @Idempotent()
  @Answers(201, tenantShape, { etag: true })
  @Refuses(tenantErrors.usersOnly, tenantErrors.emailUnverified, tenantErrors.tooMany)
  create(@Ctx() ctx: RequestContext, @Body() body: CreateTenantDto) {
    return this.directory.create(ctx, body);
  }
}
