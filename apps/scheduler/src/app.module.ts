import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceAuthModule } from '@plinth/auth';
import { IdempotencyModule } from '@plinth/idempotency';
import type { Logger } from '@plinth/logging';
import { ServiceModule } from '@plinth/service';
import type { SchedulerConfig } from './config.js';
import { JobsModule, type JobsOptions } from './jobs/jobs.module.js';
import { schema } from './migrations/index.js';

@Module({})
export class AppModule {
  static forConfig(config: SchedulerConfig, logger: Logger, jobs: JobsOptions = {}): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.for({ name: 'scheduler', config, logger }),
        ServiceAuthModule.for({ service: 'scheduler', verificationKeys: config.internalKeys, hmacSecrets: config.internalHmacSecrets }),
        IdempotencyModule.forRoot({ schema, secrets: config.idempotencySecrets }),
        JobsModule.for(jobs),
      ],
    };
  }
}
