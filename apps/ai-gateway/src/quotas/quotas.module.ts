import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { InternalIdentityMinter, KeyRing, ServiceCalls } from '@plinth/auth';
import { Logger } from '@plinth/logging';
import { QuotaClient } from '@plinth/quotas';
import { Destination } from '@plinth/resilience';
import { Metrics, Tracing } from '@plinth/telemetry';
import { AiGatewayConfig } from '../config.js';
import { TokenQuota } from './token-quota.js';

/** A model takes seconds: a ledger that is slow for a moment need not turn its callers away. */
const timeoutMs = 5_000;

/** The way to tenant-service, where the ledger is. */
@Injectable()
class LedgerConnection implements OnApplicationShutdown {
  readonly client: QuotaClient;
  private readonly destination: Destination;

  constructor(config: AiGatewayConfig, metrics: Metrics, tracing: Tracing) {
    this.destination = new Destination({ name: 'tenant-service', url: config.tenantServiceUrl, metrics, tracing });
    const minter = new InternalIdentityMinter({ service: 'ai-gateway', keys: KeyRing.of(config.internalKeys), secrets: config.internalHmacSecrets });
    this.client = new QuotaClient(new ServiceCalls({ audience: 'tenant-service', destination: this.destination, minter }), timeoutMs);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.destination.close();
  }
}

@Module({
  providers: [
    LedgerConnection,
    { provide: TokenQuota, inject: [LedgerConnection, Logger], useFactory: ({ client }: LedgerConnection, logger: Logger) => new TokenQuota(client, logger) },
  ],
  exports: [TokenQuota],
})
export class QuotasModule {}
