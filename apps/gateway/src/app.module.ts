import { Module, type DynamicModule } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { KafkaProbe } from '@plinth/kafka';
import type { Logger } from '@plinth/logging';
import { ServiceModule } from '@plinth/service';
import { ApiDocumentModule } from './api-document/api-document.module.js';
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
        ServiceModule.for({
          name: 'gateway',
          config,
          logger,
          health: {
            imports: [CallersModule, UpstreamsModule],
            inject: [Transactor, KafkaProbe, JwksFollower, Upstreams],
            useFactory: gatewayChecks,
          },
        }),
        CallersModule,
        ApiDocumentModule,
        ProxyModule,
      ],
    };
  }
}
