import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Access, activeTenant, ServicesOnly } from '@plinth/auth';
import { Answers, Ctx, Operation, PageQuery, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { IdempotencyOptional, Idempotent } from '@plinth/idempotency';
import { memberErrors } from '../members/members.errors.js';
import { operatorAccessErrors } from './operator-access.errors.js';
import { operatorAccessShape } from './operator-access.js';
import { OperatorAccessService } from './operator-access.service.js';

@Controller()
export class OperatorAccessController {
  constructor(private readonly access: OperatorAccessService) {}

  @Get('v1/tenants/:id/operator-access')
  @Operation('listOperatorAccess', 'List which operators look into the tenant, did, or would, newest first')
  @Access('operator_access.read', activeTenant('id'))
  @Answers(200, shape.page(operatorAccessShape))
  list(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Query() query: PageQuery) {
    return this.access.list(ctx, id, query);
  }

  @Post('v1/tenants/:id/operator-access/:accessId/approve')
  @HttpCode(200)
  @Operation('approveOperatorAccess', 'Let an operator look into the tenant, as it was asked for')
  @Access('operator_access.decide', activeTenant('id'))
  @Idempotent()
  @Answers(200, operatorAccessShape, { etag: true })
  @Refuses(memberErrors.personOnly, operatorAccessErrors.notFound, operatorAccessErrors.notOpen)
  approve(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) _id: string, @Param('accessId', UuidPipe) accessId: string) {
    return this.access.decide(ctx, accessId, 'approve');
  }

  @Post('v1/tenants/:id/operator-access/:accessId/refuse')
  @HttpCode(200)
  @Operation('refuseOperatorAccess', 'Refuse an operator’s request')
  @Access('operator_access.decide', activeTenant('id'))
  @Idempotent()
  @Answers(200, operatorAccessShape, { etag: true })
  @Refuses(memberErrors.personOnly, operatorAccessErrors.notFound, operatorAccessErrors.notOpen)
  refuse(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) _id: string, @Param('accessId', UuidPipe) accessId: string) {
    return this.access.decide(ctx, accessId, 'refuse');
  }

  @Post('v1/tenants/:id/operator-access/:accessId/end')
  @HttpCode(200)
  @Operation('endOperatorAccess', 'End an operator’s access to the tenant')
  @Access('operator_access.decide', activeTenant('id'))
  @Idempotent()
  @Answers(200, operatorAccessShape, { etag: true })
  @Refuses(memberErrors.personOnly, operatorAccessErrors.notFound, operatorAccessErrors.notOpen)
  end(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) _id: string, @Param('accessId', UuidPipe) accessId: string) {
    return this.access.decide(ctx, accessId, 'end');
  }

  @Post('internal/v1/operator-access/finish-over')
  @HttpCode(200)
  @ServicesOnly('the scheduler says when; nothing of a tenant is told')
  @IdempotencyOptional('what is told already is passed over')
  finishOver(@Ctx() ctx: RequestContext) {
    return this.access.finishOver(ctx);
  }
}
