import { Body, Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { Access, activeTenant, ServicesOnly } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent, IdempotencyOptional } from '@plinth/idempotency';
import { SetRetentionDto } from './dto/retention.dto.js';
import { RetentionEnforcementService } from './retention-enforcement.service.js';
import { RetentionPoliciesService } from './retention-policies.service.js';
import { retentionPolicyShape, retentionPreviewShape } from './retention-views.js';
import { retentionErrors } from './retention.errors.js';

@Controller()
export class RetentionController {
  constructor(
    private readonly policies: RetentionPoliciesService,
    private readonly enforcement: RetentionEnforcementService,
  ) {}

  @Get('v1/tenants/:id/retention')
  @Operation('listRetentionPolicies', 'How long the tenant keeps what has ended')
  @Access('retention.read', activeTenant('id'))
  @Answers(200, shape.record({ data: shape.list(retentionPolicyShape) }))
  list(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.policies.list(ctx, id);
  }

  @Put('v1/tenants/:id/retention/:dataClass')
  @Operation('setRetentionPolicy', 'Choose how long the tenant keeps a class of data, or the platform’s default again')
  @Access('retention.manage', activeTenant('id'))
  @Idempotent()
  @Answers(200, retentionPolicyShape)
  @Refuses(retentionErrors.classUnknown, retentionErrors.outOfBounds)
  set(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('dataClass') dataClass: string, @Body() { days }: SetRetentionDto) {
    return this.policies.set(ctx, id, dataClass, days);
  }

  @Get('v1/tenants/:id/retention/preview')
  @Operation('previewRetention', 'A dry run: what the next run would delete of the tenant, what is held, and by which holds')
  @Access('retention.read', activeTenant('id'))
  @Answers(200, shape.record({ data: shape.list(retentionPreviewShape) }))
  preview(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.policies.preview(ctx, id);
  }

  @Get('v1/admin/retention/preview')
  @Operation('previewAllRetention', 'A dry run over all tenants and persons')
  @Access('retention.read_any')
  @Answers(200, shape.record({ data: shape.list(retentionPreviewShape) }))
  previewAll() {
    return this.policies.previewAll();
  }

  @Post('internal/v1/retention/enforce')
  @HttpCode(200)
  @ServicesOnly('the scheduler says when; nothing of a tenant is told but counts')
  @IdempotencyOptional('what is deleted already is not there to be deleted')
  enforce(@Ctx() ctx: RequestContext) {
    return this.enforcement.enforce(ctx);
  }
}
