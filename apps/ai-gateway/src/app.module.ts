import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceAuthModule } from '@plinth/auth';
import { IdempotencyModule } from '@plinth/idempotency';
import type { Logger } from '@plinth/logging';
import { ServiceModule } from '@plinth/service';
import { CompletionsModule } from './completions/completions.module.js';
import type { AiGatewayConfig } from './config.js';
import { schema } from './migrations/index.js';
import { ModelsModule } from './models/models.module.js';

@Module({})
export class AppModule {
  static forConfig(config: AiGatewayConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.for({ name: 'ai-gateway', config, logger }),
        ServiceAuthModule.for({ service: 'ai-gateway', verificationKeys: config.internalKeys, hmacSecrets: config.internalHmacSecrets }),
        IdempotencyModule.forRoot({ schema, secrets: config.idempotencySecrets }),
        ModelsModule,
        CompletionsModule,
      ],
    };
  }
}
