import { Controller, Get, Param } from '@nestjs/common';
import { Public } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape } from '@plinth/http';
import { policyErrors } from './policies.errors.js';
import { PolicyDocumentsService } from './policy-documents.service.js';

const page = { etag: true, contentTypes: ['text/html'] } as const;

/** The documents as pages. */
@Controller()
export class PolicyPagesController {
  constructor(private readonly documents: PolicyDocumentsService) {}

  @Get('terms')
  @Operation('getTermsPage', 'The terms of use in force as a page')
  @Public('people read what they agree to before they sign up')
  @Answers(200, shape.text(), page)
  @Refuses(policyErrors.notFound)
  showTerms(@Ctx() ctx: RequestContext) {
    return this.documents.getPage(ctx, 'terms');
  }

  @Get('policies/:document')
  @Operation('getPolicyPage', 'A document as a page, in the version that is in force')
  @Public('people read what they agree to before they sign up')
  @Answers(200, shape.text(), page)
  @Refuses(policyErrors.notFound)
  show(@Ctx() ctx: RequestContext, @Param('document') document: string) {
    return this.documents.getPage(ctx, document);
  }

  @Get('policies/:document/:version')
  @Operation('getPolicyVersionPage', 'A version of a document as a page, also one that is no longer or not yet in force')
  @Public('people read what they agreed to')
  @Answers(200, shape.text(), page)
  @Refuses(policyErrors.notFound)
  showVersion(@Ctx() ctx: RequestContext, @Param('document') document: string, @Param('version') version: string) {
    return this.documents.getPage(ctx, document, version);
  }
}
