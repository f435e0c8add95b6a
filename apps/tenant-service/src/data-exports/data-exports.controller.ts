import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Access, activeTenant, authErrors, SignedIn } from '@plinth/auth';
import { Answers, Ctx, Operation, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { lockOutErrors } from '../lock-out/lock-out.errors.js';
import { passwordErrors } from '../passwords/passwords.errors.js';
import { dataExportShape } from './data-export.js';
import { dataExportErrors } from './data-exports.errors.js';
import { DataExportsService } from './data-exports.service.js';
import { RequestExportDto } from './dto/data-export.dto.js';

const listShape = shape.record({ data: shape.list(dataExportShape) });
const archive = { contentTypes: ['application/gzip'] } as const;

@Controller('v1')
export class DataExportsController {
  constructor(private readonly exports: DataExportsService) {}

  @Get('auth/exports')
  @Operation('listOwnExports', 'The copies of the caller’s data that can be had, newest first')
  @SignedIn('everyone may have a copy of what is stored of them')
  @Answers(200, listShape)
  listOwn(@Ctx() ctx: RequestContext) {
    return this.exports.listOwn(ctx);
  }

  @Post('auth/exports')
  @HttpCode(202)
  @Operation('requestOwnExport', 'Ask for a copy of the caller’s data')
  @SignedIn('everyone may have a copy of what is stored of them')
  @Idempotent()
  @Answers(202, dataExportShape, { location: true })
  @Refuses(passwordErrors.wrong, lockOutErrors.tooManyAttempts, dataExportErrors.pending, dataExportErrors.tooMany)
  requestOwn(@Ctx() ctx: RequestContext, @Body() { password }: RequestExportDto) {
    return this.exports.request(ctx, null, password);
  }

  @Get('auth/exports/:id')
  @Operation('getOwnExport', 'How far a copy of the caller’s data is')
  @SignedIn('everyone may have a copy of what is stored of them')
  @Answers(200, dataExportShape)
  @Refuses(dataExportErrors.notFound)
  getOwn(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.exports.getOwn(ctx, id);
  }

  @Get('auth/exports/:id/archive')
  @Operation('downloadOwnExport', 'The archive: a gzipped tar with a signed manifest')
  @SignedIn('everyone may have a copy of what is stored of them')
  @Answers(200, shape.text(), archive)
  @Refuses(dataExportErrors.notFound, dataExportErrors.notReady)
  downloadOwn(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.exports.downloadOwn(ctx, id);
  }

  @Get('tenants/:id/exports')
  @Operation('listExports', 'The copies of the tenant’s data that can be had, newest first')
  @Access('tenant.export', activeTenant('id'))
  @Answers(200, listShape)
  list(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.exports.list(ctx, id);
  }

  @Post('tenants/:id/exports')
  @HttpCode(202)
  @Operation('requestExport', 'Ask for a copy of the tenant’s data')
  @Access('tenant.export', activeTenant('id'))
  @Idempotent()
  @Answers(202, dataExportShape, { location: true })
  @Refuses(authErrors.sessionRequired, passwordErrors.wrong, lockOutErrors.tooManyAttempts, dataExportErrors.pending, dataExportErrors.tooMany)
  request(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() { password }: RequestExportDto) {
    return this.exports.request(ctx, id, password);
  }

  @Get('tenants/:id/exports/:exportId')
  @Operation('getExport', 'How far a copy of the tenant’s data is')
  @Access('tenant.export', activeTenant('id'))
  @Answers(200, dataExportShape)
  @Refuses(dataExportErrors.notFound)
  get(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('exportId', UuidPipe) exportId: string) {
    return this.exports.get(ctx, id, exportId);
  }

  @Get('tenants/:id/exports/:exportId/archive')
  @Operation('downloadExport', 'The archive: a gzipped tar with a signed manifest')
  @Access('tenant.export', activeTenant('id'))
  @Answers(200, shape.text(), archive)
  @Refuses(authErrors.sessionRequired, dataExportErrors.notFound, dataExportErrors.notReady)
  download(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Param('exportId', UuidPipe) exportId: string) {
    return this.exports.download(ctx, id, exportId);
  }
}
