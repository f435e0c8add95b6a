import { Body, Controller, Post } from '@nestjs/common';
import { Public, SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { lockOutErrors } from '../lock-out/lock-out.errors.js';
import { MailRequestsService } from '../mail/mail-requests.service.js';
import { AddressDto } from '../mailed-tokens/dto/address.dto.js';
import { mailedTokenErrors } from '../mailed-tokens/mailed-tokens.errors.js';
import { ChangePasswordDto } from './dto/change-password.dto.js';
import { ResetPasswordDto } from './dto/reset-password.dto.js';
import { PasswordChangeService } from './password-change.service.js';
import { PasswordResetService } from './password-reset.service.js';
import { passwordErrors } from './passwords.errors.js';

@Controller('v1/auth/password')
export class PasswordsController {
  constructor(
    private readonly resets: PasswordResetService,
    private readonly changes: PasswordChangeService,
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
  @Refuses(mailedTokenErrors.tokenInvalid, passwordErrors.tooCommon)
  reset(@Ctx() ctx: RequestContext, @Body() body: ResetPasswordDto) {
    return this.resets.reset(ctx, body);
  }

  @Post('change')
  @Operation('changePassword', 'Change the caller’s password; all its other sessions end')
  @SignedIn('everyone may change their own password')
  @Idempotent()
  @Answers(204)
  @Refuses(passwordErrors.wrong, passwordErrors.tooCommon, lockOutErrors.tooManyAttempts)
  change(@Ctx() ctx: RequestContext, @Body() body: ChangePasswordDto) {
    return this.changes.change(ctx, body);
  }
}
