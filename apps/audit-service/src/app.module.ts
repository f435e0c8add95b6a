import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceAuthModule } from '@plinth/auth';
import { IdempotencyModule } from '@plinth/idempotency';
import type { Logger } from '@plinth/logging';
import { ServiceModule } from '@plinth/service';
import type { AuditServiceConfig } from './config.js';
import { EntriesModule } from './entries/entries.module.js';
import { ErasuresModule } from './erasures/erasures.module.js';
import { ExportsModule } from './exports/exports.module.js';
import { schema } from './migrations/index.js';
import { TrailModule } from './trail/trail.module.js';
import { VerificationModule } from './verification/verification.module.js';

@Module({})
export class AppModule {
  static forConfig(config: AuditServiceConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.for({ name: 'audit-service', config, logger }),
        ServiceAuthModule.for({ service: 'audit-service', verificationKeys: config.internalKeys, hmacSecrets: config.internalHmacSecrets }),
        IdempotencyModule.forRoot({ schema, secrets: config.idempotencySecrets }),
        TrailModule,
        EntriesModule,
        ErasuresModule,
        ExportsModule,
        VerificationModule,
      ],
    };
  }
}
