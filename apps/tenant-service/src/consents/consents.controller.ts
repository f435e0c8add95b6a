import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { ConsentDto } from '../accounts/dto/register.dto.js';
import { consentShape, outstandingConsentShape, withdrawalShape } from './consent-view.js';
import { consentErrors } from './consents.errors.js';
import { ConsentsService } from './consents.service.js';

@Controller('v1/auth/consents')
export class ConsentsController {
  constructor(private readonly consents: ConsentsService) {}

  @Get()
  @Operation('listOwnConsents', 'What the caller has agreed to, when, where and in which words, and what is outstanding')
  @SignedIn('everyone may see what they have agreed to')
  @Answers(200, shape.record({ data: shape.list(consentShape), outstanding: shape.list(outstandingConsentShape) }))
  listOwn(@Ctx() ctx: RequestContext) {
    return this.consents.listOwn(ctx);
  }

  @Post()
  @Operation('giveConsent', 'Agree to a document in the version that is in force')
  @SignedIn('everyone decides for themselves what they agree to')
  @Idempotent()
  @Answers(200, consentShape)
  @Refuses(consentErrors.notCurrent)
  give(@Ctx() ctx: RequestContext, @Body() body: ConsentDto) {
    return this.consents.give(ctx, body);
  }

  @Post(':document/withdraw')
  @Operation('withdrawConsent', 'Withdraw the consent to a document that is not required')
  @SignedIn('everyone may withdraw what they have agreed to')
  @Idempotent()
  @Answers(200, withdrawalShape)
  @Refuses(consentErrors.notFound, consentErrors.isRequired)
  withdraw(@Ctx() ctx: RequestContext, @Param('document') document: string) {
    return this.consents.withdraw(ctx, document);
  }
}
