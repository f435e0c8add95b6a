import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { Access, Public } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { PublishPolicyDto } from './dto/publish-policy.dto.js';
import { policyShape, policyVersionShape } from './policies.js';
import { policyErrors } from './policies.errors.js';
import { PolicyDocumentsService } from './policy-documents.service.js';
import { PolicyPublishingService } from './policy-publishing.service.js';

@Controller('v1')
export class PoliciesController {
  constructor(
    private readonly documents: PolicyDocumentsService,
    private readonly publishing: PolicyPublishingService,
  ) {}

  @Get('policies')
  @Operation('listPolicies', 'The documents that sign-up asks consent to, in the versions that are in force')
  @Public('sign-up shows these documents before there is an account')
  @Answers(200, shape.record({ data: shape.list(policyShape) }))
  list(@Ctx() ctx: RequestContext) {
    return this.documents.list(ctx);
  }

  @Get('policies/:document/versions')
  @Operation('listPolicyVersions', 'All versions of a document, those to come among them, newest first')
  @Public('people read what they agree to before they sign up')
  @Answers(200, shape.record({ data: shape.list(policyVersionShape) }))
  @Refuses(policyErrors.notFound)
  listVersions(@Ctx() ctx: RequestContext, @Param('document') document: string) {
    return this.documents.listVersions(ctx, document);
  }

  @Get('policies/:document/versions/:version')
  @Operation('getPolicyVersion', 'A version of a document')
  @Public('people read what they agree to before they sign up')
  @Answers(200, policyVersionShape, { etag: true })
  @Refuses(policyErrors.notFound)
  getVersion(@Ctx() ctx: RequestContext, @Param('document') document: string, @Param('version') version: string) {
    return this.documents.getVersion(ctx, document, version);
  }

  @Get('policy-texts/:sha256')
  @Operation('getPolicyText', 'The exact text of a version by its SHA-256: what was shown, byte for byte')
  @Public('people read what they agree to before they sign up')
  @Answers(200, shape.text(), { etag: true, contentTypes: ['text/plain', 'text/html'] })
  @Refuses(policyErrors.notFound)
  getText(@Ctx() ctx: RequestContext, @Param('sha256') sha256: string) {
    return this.documents.getText(ctx, sha256);
  }

  @Post('admin/policies')
  @Operation('publishPolicy', 'Publish a document, or a newer version of one')
  @Access('policy.publish')
  @Idempotent()
  @Answers(201, policyVersionShape)
  @Refuses(policyErrors.builtIn, policyErrors.versionTaken, policyErrors.notLater)
  publish(@Ctx() ctx: RequestContext, @Body() body: PublishPolicyDto) {
    return this.publishing.publish(ctx, body);
  }
}
