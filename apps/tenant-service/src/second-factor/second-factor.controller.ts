import { Body, Controller, Get, Post } from '@nestjs/common';
import { SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { lockOutErrors } from '../lock-out/lock-out.errors.js';
import { passwordErrors } from '../passwords/passwords.errors.js';
import { CodeDto, PasswordAndCodeDto, PasswordDto } from './dto/second-factor.dto.js';
import { proposedFactorShape, recoveryCodesShape, secondFactorShape } from './second-factor-view.js';
import { secondFactorErrors } from './second-factor.errors.js';
import { SecondFactorService } from './second-factor.service.js';

@Controller('v1/auth/second-factor')
export class SecondFactorController {
  constructor(private readonly factor: SecondFactorService) {}

  @Get()
  @Operation('describeSecondFactor', 'Whether the caller has a second factor')
  @SignedIn('everyone may have a second factor of their own')
  @Answers(200, secondFactorShape)
  describe(@Ctx() ctx: RequestContext) {
    return this.factor.describe(ctx);
  }

  @Post()
  @Operation('proposeSecondFactor', 'Make a secret for an authenticator app (RFC 6238)')
  @SignedIn('everyone may have a second factor of their own')
  @Idempotent()
  @Answers(201, proposedFactorShape)
  @Refuses(passwordErrors.wrong, secondFactorErrors.exists, lockOutErrors.tooManyAttempts)
  propose(@Ctx() ctx: RequestContext, @Body() { password }: PasswordDto) {
    return this.factor.propose(ctx, password);
  }

  @Post('confirm')
  @Operation('confirmSecondFactor', 'Show a code of the app: sign-ins ask for one from now on')
  @SignedIn('everyone may have a second factor of their own')
  @Idempotent()
  @Answers(200, recoveryCodesShape)
  @Refuses(secondFactorErrors.wrong, secondFactorErrors.notSetUp, secondFactorErrors.exists)
  confirm(@Ctx() ctx: RequestContext, @Body() { code }: CodeDto) {
    return this.factor.confirm(ctx, code);
  }

  @Post('recovery-codes')
  @Operation('renewRecoveryCodes', 'Make new recovery codes in the place of all others')
  @SignedIn('everyone may have a second factor of their own')
  @Idempotent()
  @Answers(200, recoveryCodesShape)
  @Refuses(passwordErrors.wrong, secondFactorErrors.wrong, secondFactorErrors.notSetUp, lockOutErrors.tooManyAttempts)
  renew(@Ctx() ctx: RequestContext, @Body() { password, code }: PasswordAndCodeDto) {
    return this.factor.renewRecoveryCodes(ctx, password, code);
  }

  @Post('disable')
  @Operation('disableSecondFactor', 'Give the second factor up')
  @SignedIn('everyone may have a second factor of their own')
  @Idempotent()
  @Answers(204)
  @Refuses(passwordErrors.wrong, secondFactorErrors.wrong, secondFactorErrors.notSetUp, secondFactorErrors.demanded, lockOutErrors.tooManyAttempts)
  disable(@Ctx() ctx: RequestContext, @Body() { password, code }: PasswordAndCodeDto) {
    return this.factor.disable(ctx, password, code);
  }
}
