import { Module } from '@nestjs/common';
import { FlagEvaluator } from '@plinth/flags';
import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { TenantServiceConfig } from '../config.js';
import { cursors } from '../cursors.js';
import { FeatureFlagViewsService } from './feature-flag-views.service.js';
import { FeatureFlagsController } from './feature-flags.controller.js';
import { FeatureFlagsRepository } from './feature-flags.repository.js';
import { FeatureFlagsService } from './feature-flags.service.js';
import { FlagEvaluationService } from './flag-evaluation.service.js';
import { FlagSourceController } from './flag-source.controller.js';
import { OfrepController } from './ofrep.controller.js';
import { OverrideCheck } from './override-check.js';

@Module({
  controllers: [FeatureFlagsController, OfrepController, FlagSourceController],
  providers: [
    cursors,
    FeatureFlagsRepository,
    FeatureFlagsService,
    FeatureFlagViewsService,
    FlagEvaluationService,
    OverrideCheck,
    {
      provide: FlagEvaluator,
      inject: [TenantServiceConfig, Logger, Metrics],
      useFactory: ({ flagOverrides }: TenantServiceConfig, logger: Logger, metrics: Metrics) => new FlagEvaluator({ overrides: flagOverrides, logger, metrics }),
    },
  ],
})
export class FeatureFlagsModule {}
