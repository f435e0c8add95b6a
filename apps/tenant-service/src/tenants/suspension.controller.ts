import { Body, Controller, Param, Post } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { SuspendTenantDto } from './dto/suspend-tenant.dto.js';
import { SuspensionService } from './suspension.service.js';
import { tenantShape } from './tenant.entity.js';
import { tenantErrors } from './tenants.errors.js';

@Controller('v1/tenants')
export class SuspensionController {
  constructor(private readonly suspension: SuspensionService) {}

  @Post(':id/suspend')
  @Operation('suspendTenant', 'Suspend a tenant: its calls are refused')
  @Access('tenant.suspend')
  @Idempotent()
  @Answers(200, tenantShape, { etag: true })
  @Refuses(tenantErrors.notFound, tenantErrors.statusConflict)
  suspend(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: SuspendTenantDto) {
    return this.suspension.suspend(ctx, id, body.reason);
  }

  @Post(':id/restore')
  @Operation('restoreTenant', 'Lift a suspension')
  @Access('tenant.restore')
  @Idempotent()
  @Answers(200, tenantShape, { etag: true })
  @Refuses(tenantErrors.notFound, tenantErrors.statusConflict)
  restore(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.suspension.restore(ctx, id);
  }
}
