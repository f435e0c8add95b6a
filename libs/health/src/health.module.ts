import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DependencyChecks, type DependencyCheck } from './dependency-check.js';
import { HealthController } from './health.controller.js';
import { HealthProbes } from './health-probes.js';

/** A provider of the list of what the app leans on, with what it is made from. */
export interface HealthModuleOptions {
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: (...dependencies: never[]) => readonly DependencyCheck[];
}

/** `/health`, `/health/live` and `/health/ready` over the dependencies that the app names. */
@Module({})
export class HealthModule {
  /** Once, in the root module of an app. */
  static forRoot(options: HealthModuleOptions): DynamicModule {
    return {
      module: HealthModule,
      imports: [...(options.imports ?? []), TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [
        HealthProbes,
        {
          provide: DependencyChecks,
          inject: options.inject ?? [],
          useFactory: (...dependencies: never[]) => new DependencyChecks(options.useFactory(...dependencies)),
        },
      ],
    };
  }
}
