import { Body, Controller, Post } from '@nestjs/common';
import { Public, SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { LoginDto } from './dto/login.dto.js';
import { signedInShape } from './session-shapes.js';
import { sessionErrors } from './sessions.errors.js';
import { SessionsService } from './sessions.service.js';

@Controller('v1/auth')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Post('login')
  @Operation('login', 'Sign in')
  @Public('sign-in: the caller proves who it is here')
  @Idempotent({ subject: (body) => body['email'] })
  @Answers(200, signedInShape)
  @Refuses(sessionErrors.credentialsInvalid)
  login(@Ctx() ctx: RequestContext, @Body() body: LoginDto) {
    return this.sessions.login(ctx, body);
  }

  @Post('logout')
  @Operation('logout', 'End the caller’s session')
  @SignedIn('everyone may end their own session')
  @Idempotent()
  @Answers(204)
  @Refuses(sessionErrors.sessionRequired)
  logout(@Ctx() ctx: RequestContext) {
    return this.sessions.logout(ctx);
  }
}
