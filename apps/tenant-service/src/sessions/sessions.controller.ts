import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { Public, SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { lockOutErrors } from '../lock-out/lock-out.errors.js';
import { secondFactorErrors } from '../second-factor/second-factor.errors.js';
import { BrowserSessionsService } from './browser-sessions.service.js';
import { callerShape, sessionShape } from './caller-view.js';
import { LoginDto } from './dto/login.dto.js';
import { RefreshDto } from './dto/refresh.dto.js';
import { OwnSessionsService } from './own-sessions.service.js';
import { RefreshService } from './refresh.service.js';
import { browserSignedInShape, csrfTokenShape, signedInShape } from './session-shapes.js';
import { sessionErrors } from './sessions.errors.js';
import { SessionsService } from './sessions.service.js';
import { SignOutService } from './sign-out.service.js';

@Controller('v1/auth')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly refreshes: RefreshService,
    private readonly own: OwnSessionsService,
    private readonly browsers: BrowserSessionsService,
    private readonly signOut: SignOutService,
  ) {}

  @Post('login')
  @Operation('login', 'Sign in')
  @Public('sign-in: the caller proves who it is here')
  @Idempotent({ subject: (body) => body['email'] })
  @Answers(200, shape.either(signedInShape, browserSignedInShape))
  @Refuses(sessionErrors.credentialsInvalid, secondFactorErrors.required, secondFactorErrors.invalid, lockOutErrors.tooManyAttempts)
  login(@Ctx() ctx: RequestContext, @Body() body: LoginDto) {
    return this.sessions.login(ctx, body);
  }

  @Post('refresh')
  @Operation('refresh', 'Exchange a refresh token for new tokens')
  @Public('the refresh token is the proof of who calls')
  @Idempotent({ subject: (body) => body['refreshToken'] })
  @Answers(200, signedInShape)
  @Refuses(sessionErrors.refreshTokenInvalid)
  refresh(@Ctx() ctx: RequestContext, @Body() body: RefreshDto) {
    return this.refreshes.refresh(ctx, body);
  }

  @Get('me')
  @Operation('describeCaller', 'Who calls, and what it may do')
  @SignedIn('everyone may see what they are')
  @Answers(200, callerShape)
  describeCaller(@Ctx() ctx: RequestContext) {
    return this.own.describeCaller(ctx);
  }

  @Get('csrf')
  @Operation('getCsrfToken', 'The CSRF token of the session, for a page that was loaded anew')
  @SignedIn('everyone may have the token of their own session')
  @Answers(200, csrfTokenShape)
  getCsrfToken(@Ctx() ctx: RequestContext) {
    return this.browsers.csrfTokenOf(ctx);
  }

  @Get('sessions')
  @Operation('listOwnSessions', 'List the caller’s sessions, newest first')
  @SignedIn('everyone may see their own sessions')
  @Answers(200, shape.record({ data: shape.list(sessionShape) }))
  listSessions(@Ctx() ctx: RequestContext) {
    return this.own.listSessions(ctx);
  }

  @Delete('sessions/:id')
  @Operation('endOwnSession', 'End one of the caller’s sessions')
  @SignedIn('everyone may end their own session')
  @Idempotent()
  @Answers(204)
  @Refuses(sessionErrors.sessionNotFound)
  endSession(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.own.endSession(ctx, id);
  }

  @Post('logout')
  @Operation('logout', 'End the caller’s session')
  @SignedIn('everyone may end their own session')
  @Idempotent()
  @Answers(204)
  logout(@Ctx() ctx: RequestContext) {
    return this.signOut.logout(ctx);
  }
}
