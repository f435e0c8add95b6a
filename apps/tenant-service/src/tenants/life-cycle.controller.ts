import { Body, Controller, Param, Post, Put } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { ChangeStatusDto, SuspendTenantDto } from './dto/change-status.dto.js';
import { SetTierDto } from './dto/set-tier.dto.js';
import { LifeCycleService } from './life-cycle.service.js';
import { tenantShape } from './tenant.entity.js';
import { tenantErrors } from './tenants.errors.js';

@Controller('v1')
export class LifeCycleController {
  constructor(private readonly lifeCycle: LifeCycleService) {}

  @Post('tenants/:id/activate')
  @Operation('activateTenant', 'Bring a pending tenant into use')
  @Access('tenant.activate')
  @Idempotent()
  @Answers(200, tenantShape, { etag: true })
  @Refuses(tenantErrors.notFound, tenantErrors.statusConflict)
  activate(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: ChangeStatusDto) {
    return this.lifeCycle.activate(ctx, id, body.reason);
  }

  @Post('tenants/:id/suspend')
  @Operation('suspendTenant', 'Suspend a tenant: its calls are refused')
  @Access('tenant.suspend')
  @Idempotent()
  @Answers(200, tenantShape, { etag: true })
  @Refuses(tenantErrors.notFound, tenantErrors.statusConflict)
  suspend(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: SuspendTenantDto) {
    return this.lifeCycle.suspend(ctx, id, body.reason);
  }

  @Post('tenants/:id/restore')
  @Operation('restoreTenant', 'Lift a suspension')
  @Access('tenant.restore')
  @Idempotent()
  @Answers(200, tenantShape, { etag: true })
  @Refuses(tenantErrors.notFound, tenantErrors.statusConflict)
  restore(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: ChangeStatusDto) {
    return this.lifeCycle.restore(ctx, id, body.reason);
  }

  @Post('tenants/:id/deactivate')
  @Operation('deactivateTenant', 'Give a tenant up for good: its calls are refused')
  @Access('tenant.deactivate', { operators: 'tenant.deactivate_any' })
  @Idempotent()
  @Answers(200, tenantShape, { etag: true })
  @Refuses(tenantErrors.notFound, tenantErrors.statusConflict)
  deactivate(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: ChangeStatusDto) {
    return this.lifeCycle.deactivate(ctx, id, body.reason);
  }

  @Put('admin/tenants/:id/tier')
  @Operation('setTenantTier', 'Give a tenant another tier')
  @Access('tenant.set_tier')
  @Idempotent()
  @Answers(200, tenantShape, { etag: true })
  @Refuses(tenantErrors.notFound)
  setTier(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: SetTierDto) {
    return this.lifeCycle.setTier(ctx, id, body);
  }
}
