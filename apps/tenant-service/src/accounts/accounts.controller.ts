import { Body, Controller, Post } from '@nestjs/common';
import { Public } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { registeredShape } from './account-shapes.js';
import { passwordErrors } from '../passwords/passwords.errors.js';
import { accountErrors } from './accounts.errors.js';
import { AccountsService } from './accounts.service.js';
import { RegisterDto } from './dto/register.dto.js';

@Controller('v1/auth')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Post('register')
  @Operation('register', 'Sign up: an account and a tenant that it owns')
  @Public('sign-up: there is no account yet')
  @Idempotent({ subject: (body) => body['email'] })
  @Answers(201, registeredShape, { etag: true })
  @Refuses(accountErrors.emailTaken, accountErrors.consentMissing, passwordErrors.tooCommon)
  register(@Ctx() ctx: RequestContext, @Body() body: RegisterDto) {
    return this.accounts.register(ctx, body);
  }
}
