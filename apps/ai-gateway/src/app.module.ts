import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceAuthModule } from '@plinth/auth';
import type { Logger } from '@plinth/logging';
import { ServiceModule } from '@plinth/service';
import type { AiGatewayConfig } from './config.js';

@Module({})
export class AppModule {
  static forConfig(config: AiGatewayConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.for({ name: 'ai-gateway', config, logger }),
        ServiceAuthModule.for({ service: 'ai-gateway', verificationKeys: config.internalKeys, hmacSecrets: config.internalHmacSecrets }),
      ],
    };
  }
}
