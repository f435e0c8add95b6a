import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@plinth/config';
import { DatabaseModule, Transactor } from '@plinth/database';
import { HealthModule } from '@plinth/health';
import { KafkaModule, KafkaProbe } from '@plinth/kafka';
import { LoggingModule, type Logger } from '@plinth/logging';
import { CallersModule } from './callers/callers.module.js';
import { JwksFollower } from './callers/jwks-follower.js';
import type { GatewayConfig } from './config.js';
import { gatewayChecks } from './health/gateway-checks.js';
import { ProxyModule } from './proxy/proxy.module.js';
import { Upstreams } from './upstreams/upstreams.js';
import { UpstreamsModule } from './upstreams/upstreams.module.js';

@Module({})
export class AppModule {
  static forConfig(config: GatewayConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule.forRoot(logger),
        DatabaseModule.forRoot({
          appDatabaseUrl: config.appDatabaseUrl,
          systemDatabaseUrl: config.systemDatabaseUrl,
          poolSize: config.databasePoolSize,
          applicationName: 'gateway',
        }),
        KafkaModule.forRoot({ brokers: config.kafkaBrokers, clientId: 'gateway' }),
        CallersModule,
        ProxyModule,
        HealthModule.forRoot({
          imports: [CallersModule, UpstreamsModule],
          inject: [Transactor, KafkaProbe, JwksFollower, Upstreams],
          useFactory: gatewayChecks,
        }),
      ],
    };
  }
}
