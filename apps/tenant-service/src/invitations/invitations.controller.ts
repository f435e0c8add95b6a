import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { Access, activeTenant, SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, PageQuery, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { quotaErrors } from '@plinth/quotas';
import { memberErrors } from '../members/members.errors.js';
import { tenantErrors } from '../tenants/tenants.errors.js';
import { AcceptanceService } from './acceptance.service.js';
import { AcceptInvitationDto, InviteDto } from './dto/invite.dto.js';
import { invitationShape } from './invitation.js';
import { invitationErrors } from './invitations.errors.js';
import { InvitationsService } from './invitations.service.js';

const joinedShape = shape.record({ tenantId: shape.uuid(), role: shape.text(), roles: shape.list(shape.text()), customRoleIds: shape.list(shape.uuid()) });

@Controller('v1')
export class InvitationsController {
  constructor(
    private readonly invitations: InvitationsService,
    private readonly acceptance: AcceptanceService,
  ) {}

  @Get('tenants/:id/invitations')
  @Operation('listInvitations', 'List the tenant’s invitations, newest first')
  @Access('user.invite', activeTenant('id'))
  @Answers(200, shape.page(invitationShape))
  list(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Query() query: PageQuery) {
    return this.invitations.list(ctx, id, query);
  }

  @Post('tenants/:id/invitations')
  @Operation('createInvitation', 'Invite a person into the tenant')
  @Access('user.invite', activeTenant('id'))
  @Idempotent()
  @Answers(201, invitationShape)
  @Refuses(memberErrors.notYoursToGive, memberErrors.roleUnknown, invitationErrors.tooMany)
  create(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: InviteDto) {
    return this.invitations.create(ctx, id, body);
  }

  @Delete('tenants/:id/invitations/:invitationId')
  @Operation('revokeInvitation', 'Take an invitation back')
  @Access('user.invite', activeTenant('id'))
  @Idempotent()
  @Answers(204)
  @Refuses(invitationErrors.notFound)
  revoke(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('invitationId', UuidPipe) invitationId: string) {
    return this.invitations.revoke(ctx, id, invitationId);
  }

  @Post('invitations/accept')
  @Operation('acceptInvitation', 'Join the tenant that has invited')
  @SignedIn('whoever was invited belongs to the tenant only then; the token is the proof')
  @Idempotent()
  @Answers(200, joinedShape)
  @Refuses(memberErrors.personOnly, invitationErrors.invalid, invitationErrors.otherAddress, invitationErrors.alreadyMember, tenantErrors.tooMany, quotaErrors.exhausted)
  accept(@Ctx() ctx: RequestContext, @Body() body: AcceptInvitationDto) {
    return this.acceptance.accept(ctx, body.token);
  }
}
