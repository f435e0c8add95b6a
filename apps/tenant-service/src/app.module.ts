import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceAuthModule } from '@plinth/auth';
import { ConfigModule } from '@plinth/config';
import { DatabaseModule, Transactor } from '@plinth/database';
import { HealthModule } from '@plinth/health';
import { IdempotencyModule } from '@plinth/idempotency';
import { KafkaModule, KafkaProbe } from '@plinth/kafka';
import { LoggingModule, type Logger } from '@plinth/logging';
import { OutboxModule } from '@plinth/outbox';
import { AccountsModule } from './accounts/accounts.module.js';
import type { TenantServiceConfig } from './config.js';
import { PoliciesModule } from './policies/policies.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { schema } from './migrations/index.js';
import { Tenant } from './tenants/tenant.entity.js';
import { TenantsModule } from './tenants/tenants.module.js';

@Module({})
export class AppModule {
  static forConfig(config: TenantServiceConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule.forRoot(logger),
        DatabaseModule.forRoot({
          appDatabaseUrl: config.appDatabaseUrl,
          systemDatabaseUrl: config.systemDatabaseUrl,
          poolSize: config.databasePoolSize,
          applicationName: 'tenant-service',
          entities: [Tenant],
        }),
        OutboxModule.forRoot(schema),
        KafkaModule.forRoot({ brokers: config.kafkaBrokers, clientId: 'tenant-service' }),
        ServiceAuthModule.for({ service: 'tenant-service', verificationKeys: config.internalKeys, hmacSecrets: config.internalHmacSecrets }),
        IdempotencyModule.forRoot({ schema, secrets: config.idempotencySecrets }),
        HealthModule.forRoot({
          inject: [Transactor, KafkaProbe],
          useFactory: (transactor: Transactor, kafka: KafkaProbe) => [
            { name: 'database', essential: true, check: () => transactor.ping() },
            // Events wait in the outbox while Kafka is away.
            { name: 'kafka', essential: false, check: () => kafka.requireUp() },
          ],
        }),
        PoliciesModule,
        AccountsModule,
        SessionsModule,
        TenantsModule,
      ],
    };
  }
}
