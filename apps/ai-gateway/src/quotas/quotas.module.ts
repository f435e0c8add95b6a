import { Module } from '@nestjs/common';
import { ServiceConnection } from '@plinth/auth';
import { Logger } from '@plinth/logging';
import { QuotaClient } from '@plinth/quotas';
import { Metrics, Tracing } from '@plinth/telemetry';
import { AiGatewayConfig } from '../config.js';
import { TokenQuota } from './token-quota.js';

/** A model takes seconds: a ledger that is slow for a moment need not turn its callers away. */
const timeoutMs = 5_000;

@Module({
  providers: [
    {
      provide: ServiceConnection,
      inject: [AiGatewayConfig, Metrics, Tracing],
      useFactory: ({ tenantServiceUrl: url, internalKeys: signingKeys, internalHmacSecrets: hmacSecrets }: AiGatewayConfig, metrics: Metrics, tracing: Tracing) =>
        new ServiceConnection({ from: 'ai-gateway', to: 'tenant-service', url, signingKeys, hmacSecrets, metrics, tracing }),
    },
    {
      provide: TokenQuota,
      inject: [ServiceConnection, Logger],
      useFactory: ({ calls }: ServiceConnection, logger: Logger) => new TokenQuota(new QuotaClient(calls, timeoutMs), logger),
    },
  ],
  exports: [TokenQuota],
})
export class QuotasModule {}
