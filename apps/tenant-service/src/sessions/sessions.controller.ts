import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { Public, SignedIn } from '@plinth/auth';
import { Ctx, RequestContext } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { LoginDto } from './dto/login.dto.js';
import { SessionsService } from './sessions.service.js';

@Controller('v1/auth')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Post('login')
  @HttpCode(200)
  @Public('sign-in: the caller proves who it is here')
  @Idempotent({ subject: (body) => body['email'] })
  login(@Ctx() ctx: RequestContext, @Body() body: LoginDto) {
    return this.sessions.login(ctx, body);
  }

  @Post('logout')
  @HttpCode(204)
  @SignedIn('everyone may end their own session')
  @Idempotent()
  logout(@Ctx() ctx: RequestContext) {
    return this.sessions.logout(ctx);
  }
}
