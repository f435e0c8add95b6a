import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { Access, activeTenant } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { ChangeRoleDto, CreateRoleDto } from './dto/role.dto.js';
import { customRoleShape } from './role.js';
import { roleErrors } from './roles.errors.js';
import { RolesService } from './roles.service.js';

@Controller('v1/tenants/:id/roles')
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  @Get()
  @Operation('listRoles', 'List the roles of the tenant’s own making')
  @Access('role.read', activeTenant('id'))
  @Answers(200, shape.record({ data: shape.list(customRoleShape) }))
  list(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.roles.list(ctx, id);
  }

  @Post()
  @Operation('createRole', 'Make a role out of capabilities')
  @Access('role.manage', activeTenant('id'))
  @Idempotent()
  @Answers(201, customRoleShape, { etag: true })
  @Refuses(roleErrors.capabilitiesInvalid, roleErrors.nameReserved, roleErrors.nameTaken, roleErrors.tooMany)
  create(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: CreateRoleDto) {
    return this.roles.create(ctx, id, body);
  }

  @Get(':roleId')
  @Operation('getRole', 'Read a role')
  @Access('role.read', activeTenant('id'))
  @Answers(200, customRoleShape, { etag: true })
  @Refuses(roleErrors.notFound)
  get(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('roleId', UuidPipe) roleId: string) {
    return this.roles.get(ctx, id, roleId);
  }

  @Patch(':roleId')
  @Operation('changeRole', 'Change a role, for all who have it')
  @Access('role.manage', activeTenant('id'))
  @Idempotent()
  @Answers(200, customRoleShape, { etag: true })
  @Refuses(roleErrors.notFound, roleErrors.capabilitiesInvalid, roleErrors.nameReserved, roleErrors.nameTaken)
  change(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('roleId', UuidPipe) roleId: string, @Body() body: ChangeRoleDto) {
    return this.roles.change(ctx, id, roleId, body);
  }

  @Delete(':roleId')
  @Operation('deleteRole', 'Delete a role that nobody has')
  @Access('role.manage', activeTenant('id'))
  @Idempotent()
  @Answers(204, null, { ifMatch: true })
  @Refuses(roleErrors.notFound, roleErrors.inUse, roleErrors.capabilitiesInvalid)
  remove(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('roleId', UuidPipe) roleId: string) {
    return this.roles.remove(ctx, id, roleId);
  }
}
