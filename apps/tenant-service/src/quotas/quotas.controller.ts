import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { Access, activeTenant } from '@plinth/auth';
import { Answers, Ctx, Operation, PageQuery, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { tenantErrors } from '../tenants/tenants.errors.js';
import { ResetQuotasDto, SetQuotaLimitDto } from './dto/quota-limits.dto.js';
import { QuotaLimitsService } from './quota-limits.service.js';
import { QuotaViewsService } from './quota-views.service.js';
import { ownUsageShape, quotaChangeShape, quotaShape, usageShape } from './quota-views.js';
import { quotaLedgerErrors } from './quotas.errors.js';

const quotasShape = shape.record({ data: shape.list(quotaShape) });

@Controller('v1')
export class QuotasController {
  constructor(
    private readonly views: QuotaViewsService,
    private readonly limits: QuotaLimitsService,
  ) {}

  @Get('tenants/:id/quotas')
  @Operation('listQuotas', 'Where the tenant stands in each quota')
  @Access('quota.read', activeTenant('id'))
  @Answers(200, quotasShape)
  @Refuses(tenantErrors.notFound)
  listQuotas(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.views.listQuotas(ctx, id);
  }

  @Get('tenants/:id/quotas/changes')
  @Operation('listQuotaChanges', 'What operators decided of the tenant’s quotas, newest first')
  @Access('quota.read', activeTenant('id'))
  @Answers(200, shape.page(quotaChangeShape))
  @Refuses(tenantErrors.notFound)
  listChanges(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Query() query: PageQuery) {
    return this.views.listChanges(ctx, id, query);
  }

  @Get('tenants/:id/usage')
  @Operation('listUsage', 'What the tenant used, period by period, newest first')
  @Access('quota.read', activeTenant('id'))
  @Answers(200, shape.page(usageShape))
  @Refuses(tenantErrors.notFound)
  listUsage(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Query() query: PageQuery) {
    return this.views.listUsage(ctx, id, query);
  }

  @Get('usage/me')
  @Operation('listOwnUsage', 'Every quota of the caller: limit, used, remaining, reset')
  @Access('quota.read')
  @Answers(200, shape.record({ data: shape.list(ownUsageShape) }))
  listOwn(@Ctx() ctx: RequestContext) {
    return this.views.listOwn(ctx);
  }

  @Put('tenants/:id/quotas/:metric')
  @Operation('setQuotaLimit', 'Give a tenant a limit of its own, or its tier’s again')
  @Access('quota.set_limit')
  @Idempotent()
  @Answers(200, quotaShape)
  @Refuses(tenantErrors.notFound, quotaLedgerErrors.metricUnknown)
  setLimit(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('metric') metric: string, @Body() body: SetQuotaLimitDto) {
    return this.limits.setLimit(ctx, id, metric, body);
  }

  @Post('tenants/:id/quotas/reset')
  @HttpCode(200)
  @Operation('resetQuotas', 'Begin the present period anew: nothing is used in it')
  @Access('quota.reset')
  @Idempotent()
  @Answers(200, quotasShape)
  @Refuses(tenantErrors.notFound, quotaLedgerErrors.notResettable)
  reset(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: ResetQuotasDto) {
    return this.limits.reset(ctx, id, body);
  }
}
