import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceAuthModule } from '@plinth/auth';
import { DatabaseModule, Transactor } from '@plinth/database';
import { HealthModule } from '@plinth/health';
import { IdempotencyModule } from '@plinth/idempotency';
import { KafkaModule, KafkaProbe } from '@plinth/kafka';
import { LoggingModule, type Logger } from '@plinth/logging';
import { OutboxModule } from '@plinth/outbox';
import type { AuditServiceConfig } from './config.js';
import { EntriesModule } from './entries/entries.module.js';
import { schema } from './migrations/index.js';
import { TrailModule } from './trail/trail.module.js';
import { VerificationModule } from './verification/verification.module.js';

@Module({})
export class AppModule {
  static forConfig(config: AuditServiceConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggingModule.forRoot(logger),
        DatabaseModule.forRoot({
          appDatabaseUrl: config.appDatabaseUrl,
          systemDatabaseUrl: config.systemDatabaseUrl,
          poolSize: config.databasePoolSize,
          applicationName: 'audit-service',
        }),
        OutboxModule.forRoot(schema),
        KafkaModule.forRoot({ brokers: config.kafkaBrokers, clientId: 'audit-service' }),
        ServiceAuthModule.for({ service: 'audit-service', verificationKeys: config.internalKeys, hmacSecrets: config.internalHmacSecrets }),
        IdempotencyModule.forRoot({ schema, secrets: config.idempotencySecrets }),
        HealthModule.forRoot({
          inject: [Transactor, KafkaProbe],
          useFactory: (transactor: Transactor, kafka: KafkaProbe) => [
            { name: 'database', essential: true, check: () => transactor.ping() },
            // Events wait in Kafka, and in the outboxes before it; what is recorded can be read and verified.
            { name: 'kafka', essential: false, check: () => kafka.requireUp() },
          ],
        }),
        TrailModule.forRoot({ signingKeys: config.auditKeys }),
        EntriesModule.forRoot({ cursorSecrets: config.cursorSecrets }),
        VerificationModule,
      ],
    };
  }
}
