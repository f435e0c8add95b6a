import { Body, Controller, Post } from '@nestjs/common';
import { Public } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { MailRequestsService } from '../mail/mail-requests.service.js';
import { AddressDto } from '../mailed-tokens/dto/address.dto.js';
import { mailedTokenErrors } from '../mailed-tokens/mailed-tokens.errors.js';
import { VerifyEmailDto } from './dto/verify-email.dto.js';
import { EmailVerificationService } from './email-verification.service.js';

@Controller('v1/auth/email')
export class EmailVerificationController {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly requests: MailRequestsService,
  ) {}

  @Post('verify')
  @Operation('verifyEmail', 'Confirm an e-mail address by the token that was sent to it')
  @Public('the token is the proof of who calls')
  @Idempotent({ subject: (body) => body['token'] })
  @Answers(204)
  @Refuses(mailedTokenErrors.tokenInvalid)
  verify(@Ctx() ctx: RequestContext, @Body() { token }: VerifyEmailDto) {
    return this.verification.verify(ctx, token);
  }

  @Post('resend')
  @Operation('resendVerification', 'Send the mail that confirms an address once more')
  @Public('whoever cannot sign in yet has nothing to show; the answer tells nothing')
  @Idempotent({ subject: (body) => body['email'] })
  @Answers(204)
  resend(@Ctx() ctx: RequestContext, @Body() { email }: AddressDto) {
    return this.requests.request(ctx, 'verify_email', email);
  }
}
