import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceAuthModule } from '@plinth/auth';
import type { Logger } from '@plinth/logging';
import { ServiceModule } from '@plinth/service';
import type { OutboxRelayConfig } from './config.js';
import { PublishingModule } from './publishing/publishing.module.js';

@Module({})
export class AppModule {
  static forConfig(config: OutboxRelayConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.for({ name: 'outbox-relay', config, logger }),
        ServiceAuthModule.for({ service: 'outbox-relay', verificationKeys: config.internalKeys, hmacSecrets: config.internalHmacSecrets }),
        PublishingModule,
      ],
    };
  }
}
