import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Access, activeTenant } from '@plinth/auth';
import { Answers, Ctx, Operation, PageQuery, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { memberErrors } from '../members/members.errors.js';
import { LegalHoldsQuery, PlaceAnyLegalHoldDto, PlaceLegalHoldDto, ReleaseLegalHoldDto } from './dto/legal-hold.dto.js';
import { legalHoldShape } from './legal-hold.js';
import { legalHoldErrors } from './legal-holds.errors.js';
import { LegalHoldsService } from './legal-holds.service.js';

@Controller('v1')
export class LegalHoldsController {
  constructor(private readonly holds: LegalHoldsService) {}

  @Get('tenants/:id/legal-holds')
  @Operation('listLegalHolds', 'List the holds on the tenant and on its persons, newest first')
  @Access('legal_hold.manage', activeTenant('id'))
  @Answers(200, shape.page(legalHoldShape))
  list(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Query() query: PageQuery) {
    return this.holds.list(ctx, id, query);
  }

  @Post('tenants/:id/legal-holds')
  @Operation('placeLegalHold', 'Hold what there is of the tenant, or of a member in it: nothing of it is deleted')
  @Access('legal_hold.manage', activeTenant('id'))
  @Idempotent()
  @Answers(201, legalHoldShape)
  @Refuses(memberErrors.notFound)
  place(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: PlaceLegalHoldDto) {
    return this.holds.place(ctx, id, body);
  }

  @Post('tenants/:id/legal-holds/:holdId/release')
  @Operation('releaseLegalHold', 'Release a hold of the tenant’s own')
  @Access('legal_hold.manage', activeTenant('id'))
  @Idempotent()
  @Answers(200, legalHoldShape)
  @Refuses(legalHoldErrors.notFound, legalHoldErrors.releasedAlready, legalHoldErrors.ofPlatform)
  release(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) _id: string, @Param('holdId', UuidPipe) holdId: string, @Body() { reason }: ReleaseLegalHoldDto) {
    return this.holds.release(ctx, holdId, reason);
  }

  @Get('admin/legal-holds')
  @Operation('listAllLegalHolds', 'List the holds on all tenants and persons, newest first')
  @Access('legal_hold.read_any')
  @Answers(200, shape.page(legalHoldShape))
  listAll(@Query() query: LegalHoldsQuery) {
    return this.holds.listAll(query);
  }

  @Post('admin/legal-holds')
  @Operation('placeAnyLegalHold', 'Hold a tenant, a person, or a person within a tenant')
  @Access('legal_hold.manage_any')
  @Idempotent()
  @Answers(201, legalHoldShape)
  @Refuses(legalHoldErrors.onNothing)
  placeAny(@Ctx() ctx: RequestContext, @Body() body: PlaceAnyLegalHoldDto) {
    return this.holds.placeAny(ctx, body);
  }

  @Post('admin/legal-holds/:holdId/release')
  @Operation('releaseAnyLegalHold', 'Release a hold, whoever placed it')
  @Access('legal_hold.manage_any')
  @Idempotent()
  @Answers(200, legalHoldShape)
  @Refuses(legalHoldErrors.notFound, legalHoldErrors.releasedAlready)
  releaseAny(@Ctx() ctx: RequestContext, @Param('holdId', UuidPipe) holdId: string, @Body() { reason }: ReleaseLegalHoldDto) {
    return this.holds.releaseAny(ctx, holdId, reason);
  }
}
