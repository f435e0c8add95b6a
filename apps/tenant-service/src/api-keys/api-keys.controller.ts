import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, httpErrors, Operation, PageQuery, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { ApiKeyChangesService } from './api-key-changes.service.js';
import { apiKeyShape, newApiKeyShape, revokedApiKeysShape, rotatedApiKeyShape } from './api-key.js';
import { apiKeyErrors } from './api-keys.errors.js';
import { ApiKeysService } from './api-keys.service.js';
import { CreateApiKeyDto } from './dto/create-api-key.dto.js';
import { RevokeApiKeysDto } from './dto/revoke-api-keys.dto.js';
import { RotateApiKeyDto } from './dto/rotate-api-key.dto.js';
import { UpdateApiKeyDto } from './dto/update-api-key.dto.js';

@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly changes: ApiKeyChangesService,
  ) {}

  @Get()
  @Operation('listApiKeys', 'List the tenant’s API keys, newest first')
  @Access('api_key.read')
  @Answers(200, shape.page(apiKeyShape))
  list(@Ctx() ctx: RequestContext, @Query() query: PageQuery) {
    return this.keys.list(ctx, query);
  }

  @Post()
  @Operation('createApiKey', 'Make an API key')
  @Access('api_key.create')
  @Idempotent()
  @Answers(201, newApiKeyShape)
  @Refuses(apiKeyErrors.scopesInvalid, apiKeyErrors.expiryPast)
  create(@Ctx() ctx: RequestContext, @Body() body: CreateApiKeyDto) {
    return this.keys.create(ctx, body);
  }

  @Post('revoke-all')
  @HttpCode(200)
  @Operation('revokeAllApiKeys', 'Revoke every API key of the tenant')
  @Access('api_key.revoke')
  @Idempotent()
  @Answers(200, revokedApiKeysShape)
  revokeAll(@Ctx() ctx: RequestContext, @Body() body: RevokeApiKeysDto) {
    return this.changes.revokeAll(ctx, body.reason);
  }

  @Get(':id')
  @Operation('getApiKey', 'Read an API key')
  @Access('api_key.read')
  @Answers(200, apiKeyShape, { etag: true })
  @Refuses(apiKeyErrors.notFound)
  get(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.keys.get(ctx, id);
  }

  @Patch(':id')
  @Operation('updateApiKey', 'Change an API key: its name, networks and expiry; pause it and take it up again')
  @Access('api_key.update')
  @Idempotent()
  @Answers(200, apiKeyShape, { etag: true })
  @Refuses(apiKeyErrors.notFound, apiKeyErrors.ended, apiKeyErrors.expiryPast)
  update(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: UpdateApiKeyDto) {
    return this.changes.update(ctx, id, body);
  }

  @Delete(':id')
  @Operation('revokeApiKey', 'Revoke an API key')
  @Access('api_key.revoke')
  @Idempotent()
  @Answers(204)
  @Refuses(apiKeyErrors.notFound, httpErrors.preconditionFailed)
  revoke(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.changes.revoke(ctx, id);
  }

  @Post(':id/rotate')
  @Operation('rotateApiKey', 'Replace an API key; the old one is taken beside the new one for a while')
  @Access('api_key.rotate')
  @Idempotent()
  @Answers(201, rotatedApiKeyShape)
  @Refuses(apiKeyErrors.notFound, apiKeyErrors.ended, apiKeyErrors.paused, apiKeyErrors.rotated, apiKeyErrors.scopesInvalid, httpErrors.preconditionFailed)
  rotate(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string, @Body() body: RotateApiKeyDto) {
    return this.changes.rotate(ctx, id, body);
  }
}
