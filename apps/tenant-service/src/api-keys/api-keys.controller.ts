import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Ctx, RequestContext, UuidPipe } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { ApiKeysService } from './api-keys.service.js';
import { CreateApiKeyDto } from './dto/create-api-key.dto.js';
import { ListApiKeysQuery } from './dto/list-api-keys.query.js';

@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Get()
  @Access('api_key.read')
  list(@Ctx() ctx: RequestContext, @Query() query: ListApiKeysQuery) {
    return this.keys.list(ctx, query);
  }

  @Post()
  @Access('api_key.create')
  @Idempotent()
  create(@Ctx() ctx: RequestContext, @Body() body: CreateApiKeyDto) {
    return this.keys.create(ctx, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Access('api_key.revoke')
  @Idempotent()
  revoke(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string) {
    return this.keys.revoke(ctx, id);
  }
}
