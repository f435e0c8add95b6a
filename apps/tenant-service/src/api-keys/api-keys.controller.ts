import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, PageQuery, Refuses, RequestContext, shape, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { apiKeyShape, newApiKeyShape } from './api-key.js';
import { apiKeyErrors } from './api-keys.errors.js';
import { ApiKeysService } from './api-keys.service.js';
import { CreateApiKeyDto } from './dto/create-api-key.dto.js';

@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

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

  @Delete(':id')
  @Operation('revokeApiKey', 'Revoke an API key')
  @Access('api_key.revoke')
  @Idempotent()
  @Answers(204)
  @Refuses(apiKeyErrors.notFound)
  revoke(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.keys.revoke(ctx, id);
  }
}
