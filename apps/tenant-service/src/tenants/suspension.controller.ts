import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Ctx, RequestContext, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { SuspendTenantDto } from './dto/suspend-tenant.dto.js';
import { SuspensionService } from './suspension.service.js';

@Controller('v1/tenants')
export class SuspensionController {
  constructor(private readonly suspension: SuspensionService) {}

  @Post(':id/suspend')
  @HttpCode(200)
  @Access('tenant.suspend')
  @Idempotent()
  suspend(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: SuspendTenantDto) {
    return this.suspension.suspend(ctx, id, body.reason);
  }

  @Post(':id/restore')
  @HttpCode(200)
  @Access('tenant.restore')
  @Idempotent()
  restore(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.suspension.restore(ctx, id);
  }
}
