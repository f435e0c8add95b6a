import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import type { ServiceCalls } from '@plinth/auth';
import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { FlagEvaluator } from './flag-evaluator.js';
import { FlagFollower } from './flag-follower.js';
import type { FlagOverrides } from './flag-overrides.js';
import { Flags } from './flags.js';

/** What differs from one service to another. */
export interface FlagsFromTenantService {
  /** The service's calls to tenant-service. */
  readonly calls: Pick<ServiceCalls, 'request'>;
  /** Of its configuration, by `flagOverrides`. */
  readonly overrides: FlagOverrides;
}

/** How they are made of the service's own providers. */
export interface FlagsModuleOptions {
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: (...dependencies: never[]) => FlagsFromTenantService;
}

const options = Symbol('flags from tenant-service');

/** `Flags` and `@FeatureFlag` for every module of a service, which follows tenant-service's flags from its start to its end. */
@Module({})
export class FlagsModule {
  /** Global, so imported once an app, beside `ServiceModule`, of which it takes log and metrics. */
  static forRoot({ imports = [], inject = [], useFactory }: FlagsModuleOptions): DynamicModule {
    return {
      module: FlagsModule,
      global: true,
      imports,
      providers: [
        { provide: options, inject, useFactory },
        {
          provide: FlagFollower,
          inject: [options, Logger, Metrics],
          useFactory: ({ calls }: FlagsFromTenantService, logger: Logger, metrics: Metrics) => new FlagFollower({ calls, logger, metrics }),
        },
        {
          provide: Flags,
          inject: [options, FlagFollower, Logger, Metrics],
          useFactory: ({ overrides }: FlagsFromTenantService, source: FlagFollower, logger: Logger, metrics: Metrics) =>
            new Flags({ source, evaluator: new FlagEvaluator({ overrides, logger, metrics }), metrics }),
        },
      ],
      exports: [Flags],
    };
  }
}
