import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { Access } from '@plinth/auth';
import { Answers, Ctx, Operation, PageQuery, Refuses, RequestContext, shape } from '@plinth/http';
import { Idempotent } from '@plinth/idempotency';
import { CreateFeatureFlagDto, SwitchFeatureFlagDto, UpdateFeatureFlagDto } from './dto/feature-flag.dto.js';
import { featureFlagShape } from './feature-flag.entity.js';
import { FeatureFlagViewsService } from './feature-flag-views.service.js';
import { featureFlagErrors } from './feature-flags.errors.js';
import { FeatureFlagsService } from './feature-flags.service.js';
import { flagChangeShape } from './flag-change.js';

@Controller('v1/feature-flags')
export class FeatureFlagsController {
  constructor(
    private readonly flags: FeatureFlagsService,
    private readonly views: FeatureFlagViewsService,
  ) {}

  @Get()
  @Operation('listFeatureFlags', 'List the feature flags in use, by key')
  @Access('feature_flag.read')
  @Answers(200, shape.page(featureFlagShape))
  list(@Ctx() ctx: RequestContext, @Query() query: PageQuery) {
    return this.views.list(ctx, query);
  }

  @Post()
  @Operation('createFeatureFlag', 'Make a feature flag')
  @Access('feature_flag.manage')
  @Idempotent()
  @Answers(201, featureFlagShape, { etag: true })
  @Refuses(featureFlagErrors.keyTaken, featureFlagErrors.overridden, featureFlagErrors.tooMany, featureFlagErrors.invalid, featureFlagErrors.tooLarge)
  create(@Ctx() ctx: RequestContext, @Body() body: CreateFeatureFlagDto) {
    return this.flags.create(ctx, body);
  }

  @Get(':key')
  @Operation('getFeatureFlag', 'Read a feature flag')
  @Access('feature_flag.read')
  @Answers(200, featureFlagShape, { etag: true })
  @Refuses(featureFlagErrors.notFound)
  get(@Ctx() ctx: RequestContext, @Param('key') key: string) {
    return this.views.get(ctx, key);
  }

  @Patch(':key')
  @Operation('updateFeatureFlag', 'Change values, rules or description of a feature flag')
  @Access('feature_flag.manage')
  @Idempotent()
  @Answers(200, featureFlagShape, { etag: true, ifMatch: 'required' })
  @Refuses(featureFlagErrors.notFound, featureFlagErrors.invalid, featureFlagErrors.tooLarge)
  update(@Ctx() ctx: RequestContext, @Param('key') key: string, @Body() body: UpdateFeatureFlagDto) {
    return this.flags.update(ctx, key, body);
  }

  @Delete(':key')
  @Operation('archiveFeatureFlag', 'Put a feature flag away; its history stays')
  @Access('feature_flag.manage')
  @Idempotent()
  @Answers(204, null, { ifMatch: true })
  @Refuses(featureFlagErrors.notFound)
  archive(@Ctx() ctx: RequestContext, @Param('key') key: string) {
    return this.flags.archive(ctx, key);
  }

  @Post(':key/disable')
  @Operation('disableFeatureFlag', 'Throw the kill switch: everybody gets offVariant')
  @Access('feature_flag.manage')
  @Idempotent()
  @Answers(200, featureFlagShape, { etag: true })
  @Refuses(featureFlagErrors.notFound)
  disable(@Ctx() ctx: RequestContext, @Param('key') key: string, @Body() body: SwitchFeatureFlagDto) {
    return this.flags.switchTo(ctx, key, false, body.reason);
  }

  @Post(':key/enable')
  @Operation('enableFeatureFlag', 'Take the kill switch back')
  @Access('feature_flag.manage')
  @Idempotent()
  @Answers(200, featureFlagShape, { etag: true })
  @Refuses(featureFlagErrors.notFound)
  enable(@Ctx() ctx: RequestContext, @Param('key') key: string, @Body() body: SwitchFeatureFlagDto) {
    return this.flags.switchTo(ctx, key, true, body.reason);
  }

  @Get(':key/changes')
  @Operation('listFeatureFlagChanges', 'What was changed of the flags of this key, newest first')
  @Access('feature_flag.read')
  @Answers(200, shape.page(flagChangeShape))
  listChanges(@Ctx() ctx: RequestContext, @Param('key') key: string, @Query() query: PageQuery) {
    return this.views.listChanges(ctx, key, query);
  }
}
