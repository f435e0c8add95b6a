import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ServicesOnly } from '@plinth/auth';
import { IdempotencyOptional } from '@plinth/idempotency';
import { BrowserSessionsService } from './browser-sessions.service.js';
import { FindBrowserSessionDto } from './dto/find-browser-session.dto.js';

/** @ruleExempt outbox: that a session is in use is told by what was done in it, which is audited where it was done */
@Controller('internal/v1/browser-sessions')
export class BrowserSessionsController {
  constructor(private readonly sessions: BrowserSessionsService) {}

  /** A question by POST, for what is asked about stands in no log of paths. */
  @Post('find')
  @HttpCode(200)
  @ServicesOnly('a gateway asks whose a cookie is before it knows a tenant')
  @IdempotencyOptional('a question; the use that it notes is noted once in a while')
  find(@Body() { cookieHash }: FindBrowserSessionDto) {
    return this.sessions.find(cookieHash);
  }
}
