import { Body, Controller, Delete, Get, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { Access, activeTenant } from '@plinth/auth';
import { Answers, Ctx, Operation, PageQuery, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { tenantErrors } from '../tenants/tenants.errors.js';
import { ChangeMemberDto, TransferOwnershipDto } from './dto/change-member.dto.js';
import { InternalRolesDto } from './dto/internal-roles.dto.js';
import { memberShape } from './member.js';
import { memberErrors } from './members.errors.js';
import { MembersService } from './members.service.js';

@Controller('v1')
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Get('tenants/:id/members')
  @Operation('listMembers', 'List the tenant’s members, in the order of joining')
  @Access('user.view', activeTenant('id'))
  @Answers(200, shape.page(memberShape))
  list(@Param('id', UuidPipe) id: string, @Query() query: PageQuery) {
    return this.members.list(id, query);
  }

  @Get('tenants/:id/members/:accountId')
  @Operation('getMember', 'Read a member')
  @Access('user.view', activeTenant('id'))
  @Answers(200, memberShape, { etag: true })
  @Refuses(memberErrors.notFound)
  get(@Param('id', UuidPipe) id: string, @Param('accountId', UuidPipe) accountId: string) {
    return this.members.get(id, accountId);
  }

  @Patch('tenants/:id/members/:accountId')
  @Operation('changeMember', 'Give a member other roles')
  @Access('member.set_roles', activeTenant('id'))
  @Idempotent()
  @Answers(200, memberShape, { etag: true })
  @Refuses(memberErrors.notFound, memberErrors.notYoursToGive, memberErrors.roleUnknown, memberErrors.lastOwner)
  change(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('accountId', UuidPipe) accountId: string, @Body() body: ChangeMemberDto) {
    return this.members.change(ctx, id, accountId, body);
  }

  @Delete('tenants/:id/members/:accountId')
  @Operation('removeMember', 'Remove a member')
  @Access('user.remove', activeTenant('id'))
  @Idempotent()
  @Answers(204, null, { ifMatch: true })
  @Refuses(memberErrors.notFound, memberErrors.notYoursToGive, memberErrors.lastOwner)
  remove(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('accountId', UuidPipe) accountId: string) {
    return this.members.remove(ctx, id, accountId);
  }

  @Post('tenants/:id/leave')
  @Operation('leaveTenant', 'Leave the tenant')
  @Access('member.leave', activeTenant('id'))
  @Idempotent()
  @Answers(204)
  @Refuses(memberErrors.personOnly, memberErrors.notFound, memberErrors.lastOwner)
  leave(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.members.leave(ctx, id);
  }

  @Post('tenants/:id/transfer-ownership')
  @Operation('transferOwnership', 'Make a member the owner in the caller’s place')
  @Access('tenant.transfer', activeTenant('id'))
  @Idempotent()
  @Answers(204)
  @Refuses(memberErrors.personOnly, memberErrors.notFound, memberErrors.notYoursToGive)
  transferOwnership(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: TransferOwnershipDto) {
    return this.members.transferOwnership(ctx, id, body.accountId);
  }

  @Put('admin/tenants/:id/members/:accountId/internal-roles')
  @Operation('setInternalRoles', 'Give a member of a tenant INTERNAL_* roles')
  @Access('member.set_internal_roles')
  @Idempotent()
  @Answers(200, memberShape, { etag: true })
  @Refuses(memberErrors.notFound, tenantErrors.notFound)
  setInternalRoles(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('accountId', UuidPipe) accountId: string, @Body() body: InternalRolesDto) {
    return this.members.setInternalRoles(ctx, id, accountId, body);
  }
}
