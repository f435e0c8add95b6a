import { Controller, Get } from '@nestjs/common';
import { SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape } from '@plinth/http';
import { sessionErrors } from '../sessions/sessions.errors.js';
import { consentShape } from './consent-view.js';
import { ConsentsService } from './consents.service.js';

@Controller('v1/auth/consents')
export class ConsentsController {
  constructor(private readonly consents: ConsentsService) {}

  @Get()
  @Operation('listOwnConsents', 'What the caller has agreed to: document, version, time and address')
  @SignedIn('everyone may see what they have agreed to')
  @Answers(200, shape.record({ data: shape.list(consentShape) }))
  @Refuses(sessionErrors.sessionRequired)
  listOwn(@Ctx() ctx: RequestContext) {
    return this.consents.listOwn(ctx);
  }
}
