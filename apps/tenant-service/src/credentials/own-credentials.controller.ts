import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Access, activeTenant } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { memberErrors } from '../members/members.errors.js';
import { credentialShape, numberedCredentialShape } from './credential.js';
import { credentialErrors } from './credentials.errors.js';
import { ListCredentialsQuery, SubmitCredentialDto } from './dto/credential.dto.js';
import { OwnCredentialsService } from './own-credentials.service.js';

@Controller('v1/tenants/:id/own-credentials')
export class OwnCredentialsController {
  constructor(private readonly own: OwnCredentialsService) {}

  @Get()
  @Operation('listOwnCredentials', 'List the caller’s own credentials in the tenant, newest first')
  @Access('credential.submit', activeTenant('id'))
  @Answers(200, shape.page(credentialShape))
  @Refuses(memberErrors.personOnly)
  list(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Query() query: ListCredentialsQuery) {
    return this.own.list(ctx, id, query);
  }

  @Post()
  @Operation('submitCredential', 'Submit a credential of one’s own, to be verified')
  @Access('credential.submit', activeTenant('id'))
  @Idempotent()
  @Answers(201, numberedCredentialShape, { etag: true })
  @Refuses(memberErrors.personOnly, memberErrors.notFound, credentialErrors.waiting, credentialErrors.datesInvalid)
  submit(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: SubmitCredentialDto) {
    return this.own.submit(ctx, id, body);
  }

  @Get(':credentialId')
  @Operation('getOwnCredential', 'Read a credential of one’s own with its number')
  @Access('credential.submit', activeTenant('id'))
  @Answers(200, numberedCredentialShape, { etag: true })
  @Refuses(memberErrors.personOnly, credentialErrors.notFound)
  get(@Ctx() ctx: RequestContext, @Param('credentialId', UuidPipe) credentialId: string) {
    return this.own.get(ctx, credentialId);
  }

  @Post(':credentialId/withdraw')
  @HttpCode(200)
  @Operation('withdrawOwnCredential', 'Take back a credential of one’s own: it counts for nothing from then on')
  @Access('credential.submit', activeTenant('id'))
  @Idempotent()
  @Answers(200, credentialShape, { etag: true })
  @Refuses(memberErrors.personOnly, credentialErrors.notFound, credentialErrors.notOpen)
  withdraw(@Ctx() ctx: RequestContext, @Param('credentialId', UuidPipe) credentialId: string) {
    return this.own.withdraw(ctx, credentialId);
  }
}
