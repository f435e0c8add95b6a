import { Body, Controller, Post } from '@nestjs/common';
import { Public } from '@plinth/auth';
import { Ctx, RequestContext } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { AccountsService } from './accounts.service.js';
import { RegisterDto } from './dto/register.dto.js';

@Controller('v1/auth')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Post('register')
  @Public('sign-up: there is no account yet')
  @Idempotent({ subject: (body) => body['email'] })
  register(@Ctx() ctx: RequestContext, @Body() body: RegisterDto) {
    return this.accounts.register(ctx, body);
  }
}
