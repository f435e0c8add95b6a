import { Body, Controller, Post } from '@nestjs/common';
import { Public, SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { accountErrors } from '../accounts/accounts.errors.js';
import { lockOutErrors } from '../lock-out/lock-out.errors.js';
import { mailedTokenErrors } from '../mailed-tokens/mailed-tokens.errors.js';
import { passwordErrors } from '../passwords/passwords.errors.js';
import { ChangeEmailDto, ConfirmEmailChangeDto } from './dto/email-change.dto.js';
import { emailChangeErrors } from './email-change.errors.js';
import { EmailChangeService } from './email-change.service.js';

@Controller('v1/auth/email/change')
export class EmailChangeController {
  constructor(private readonly changes: EmailChangeService) {}

  @Post()
  @Operation('requestEmailChange', 'Send a link to the address that is to be the caller’s')
  @SignedIn('everyone may change their own address')
  @Idempotent()
  @Answers(204)
  @Refuses(passwordErrors.wrong, lockOutErrors.tooManyAttempts, emailChangeErrors.tooMany)
  request(@Ctx() ctx: RequestContext, @Body() body: ChangeEmailDto) {
    return this.changes.request(ctx, body);
  }

  @Post('confirm')
  @Operation('confirmEmailChange', 'Make the address that the token was sent to the account’s')
  @Public('the token is the proof of who calls')
  @Idempotent({ subject: (body) => body['token'] })
  @Answers(204)
  @Refuses(mailedTokenErrors.tokenInvalid, accountErrors.emailTaken)
  confirm(@Ctx() ctx: RequestContext, @Body() { token }: ConfirmEmailChangeDto) {
    return this.changes.confirm(ctx, token);
  }
}
