import { Body, Controller, Post } from '@nestjs/common';
import { Public } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { MailRequestsService } from '../mail/mail-requests.service.js';
import { AddressDto } from '../mailed-tokens/dto/address.dto.js';
import { mailedTokenErrors } from '../mailed-tokens/mailed-tokens.errors.js';
import { ResetPasswordDto } from './dto/reset-password.dto.js';
import { PasswordResetService } from './password-reset.service.js';

@Controller('v1/auth/password')
export class PasswordResetController {
  constructor(
    private readonly resets: PasswordResetService,
    private readonly requests: MailRequestsService,
  ) {}

  @Post('forgot')
  @Operation('forgotPassword', 'Send a mail by which a new password can be chosen, where an account has the address')
  @Public('whoever forgot the password has nothing to show; the answer tells nothing')
  @Idempotent({ subject: (body) => body['email'] })
  @Answers(204)
  forgot(@Ctx() ctx: RequestContext, @Body() { email }: AddressDto) {
    return this.requests.request(ctx, 'reset_password', email);
  }

  @Post('reset')
  @Operation('resetPassword', 'Choose a new password by the token that was sent by mail')
  @Public('the token is the proof of who calls')
  @Idempotent({ subject: (body) => body['token'] })
  @Answers(204)
  @Refuses(mailedTokenErrors.tokenInvalid)
  reset(@Ctx() ctx: RequestContext, @Body() body: ResetPasswordDto) {
    return this.resets.reset(ctx, body);
  }
}
