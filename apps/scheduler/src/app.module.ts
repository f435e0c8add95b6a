import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceAuthModule } from '@plinth/auth';
import type { Logger } from '@plinth/logging';
import { ServiceModule } from '@plinth/service';
import type { SchedulerConfig } from './config.js';

@Module({})
export class AppModule {
  static forConfig(config: SchedulerConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.for({ name: 'scheduler', config, logger }),
        ServiceAuthModule.for({ service: 'scheduler', verificationKeys: config.internalKeys, hmacSecrets: config.internalHmacSecrets }),
      ],
    };
  }
}
