import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Access, activeTenant, ServicesOnly } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { IdempotencyOptional, Idempotent } from '@plinth/idempotency';
import { memberErrors } from '../members/members.errors.js';
import { CredentialEndingsService } from './credential-endings.service.js';
import { credentialShape, numberedCredentialShape } from './credential.js';
import { credentialErrors } from './credentials.errors.js';
import { CredentialsService } from './credentials.service.js';
import { CredentialReasonDto, ListCredentialsQuery } from './dto/credential.dto.js';

const ofMember = 'v1/tenants/:id/members/:accountId/credentials';

@Controller()
export class CredentialsController {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly endings: CredentialEndingsService,
  ) {}

  @Get('v1/tenants/:id/credentials')
  @Operation('listCredentials', 'List the credentials of the tenant’s members, newest first')
  @Access('credential.read', activeTenant('id'))
  @Answers(200, shape.page(credentialShape))
  listAll(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Query() query: ListCredentialsQuery) {
    return this.credentials.list(ctx, id, null, query);
  }

  @Get(ofMember)
  @Operation('listMemberCredentials', 'List the credentials of a member, newest first')
  @Access('credential.read', activeTenant('id'))
  @Answers(200, shape.page(credentialShape))
  list(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('accountId', UuidPipe) accountId: string, @Query() query: ListCredentialsQuery) {
    return this.credentials.list(ctx, id, accountId, query);
  }

  @Get(`${ofMember}/:credentialId`)
  @Operation('getMemberCredential', 'Read a credential of a member with its number; the trail tells who did')
  @Access('credential.read', activeTenant('id'))
  @Answers(200, numberedCredentialShape, { etag: true })
  @Refuses(credentialErrors.notFound)
  get(@Ctx() ctx: RequestContext, @Param('accountId', UuidPipe) accountId: string, @Param('credentialId', UuidPipe) credentialId: string) {
    return this.credentials.get(ctx, accountId, credentialId);
  }

  @Post(`${ofMember}/:credentialId/verify`)
  @HttpCode(200)
  @Operation('verifyCredential', 'Verify a credential of another member: it counts until it expires')
  @Access('credential.verify', activeTenant('id'))
  @Idempotent()
  @Answers(200, credentialShape, { etag: true })
  @Refuses(memberErrors.personOnly, credentialErrors.own, credentialErrors.notFound, credentialErrors.notOpen)
  verify(@Ctx() ctx: RequestContext, @Param('accountId', UuidPipe) accountId: string, @Param('credentialId', UuidPipe) credentialId: string) {
    return this.credentials.verify(ctx, accountId, credentialId);
  }

  @Post(`${ofMember}/:credentialId/reject`)
  @HttpCode(200)
  @Operation('rejectCredential', 'Reject a credential of another member')
  @Access('credential.verify', activeTenant('id'))
  @Idempotent()
  @Answers(200, credentialShape, { etag: true })
  @Refuses(memberErrors.personOnly, credentialErrors.own, credentialErrors.notFound, credentialErrors.notOpen)
  reject(@Ctx() ctx: RequestContext, @Param('accountId', UuidPipe) accountId: string, @Param('credentialId', UuidPipe) credentialId: string, @Body() { reason }: CredentialReasonDto) {
    return this.credentials.reject(ctx, accountId, credentialId, reason);
  }

  @Post(`${ofMember}/:credentialId/withdraw`)
  @HttpCode(200)
  @Operation('withdrawCredential', 'Withdraw the verification of a credential: it counts for nothing from then on')
  @Access('credential.verify', activeTenant('id'))
  @Idempotent()
  @Answers(200, credentialShape, { etag: true })
  @Refuses(memberErrors.personOnly, credentialErrors.notFound, credentialErrors.notOpen)
  withdraw(@Ctx() ctx: RequestContext, @Param('accountId', UuidPipe) accountId: string, @Param('credentialId', UuidPipe) credentialId: string, @Body() { reason }: CredentialReasonDto) {
    return this.credentials.withdraw(ctx, accountId, credentialId, reason);
  }

  @Post('internal/v1/credentials/tell-endings')
  @HttpCode(200)
  @ServicesOnly('the scheduler says when; nothing of a tenant is told')
  @IdempotencyOptional('what is told already is passed over')
  tellEndings(@Ctx() ctx: RequestContext) {
    return this.endings.tell(ctx);
  }
}
