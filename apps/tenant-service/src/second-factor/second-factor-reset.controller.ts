import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { ResetSecondFactorDto } from './dto/second-factor.dto.js';
import { SecondFactorResetService } from './second-factor-reset.service.js';
import { secondFactorErrors } from './second-factor.errors.js';

@Controller('v1/admin/accounts')
export class SecondFactorResetController {
  constructor(private readonly resets: SecondFactorResetService) {}

  @Post(':accountId/second-factor/reset')
  @HttpCode(204)
  @Operation('resetSecondFactor', 'Take away the second factor of an account whose owner has lost it')
  @Access('account.reset_second_factor')
  @Idempotent()
  @Answers(204)
  @Refuses(secondFactorErrors.own, secondFactorErrors.notFound)
  reset(@Ctx() ctx: RequestContext, @Param('accountId', UuidPipe) accountId: string, @Body() { reason }: ResetSecondFactorDto) {
    return this.resets.reset(ctx, accountId, reason);
  }
}
