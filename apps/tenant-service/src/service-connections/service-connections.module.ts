import { Module } from '@nestjs/common';
import type { ServiceConnectionOptions } from '@plinth/auth';
import { Metrics, Tracing } from '@plinth/telemetry';
import { TenantServiceConfig } from '../config.js';
import { AiGatewayConnection, AuditServiceConnection } from './service-connections.js';

const inject = [TenantServiceConfig, Metrics, Tracing];
const optionsOf = (to: ServiceConnectionOptions['to'], url: string, { internalKeys: signingKeys, internalHmacSecrets: hmacSecrets }: TenantServiceConfig, metrics: Metrics, tracing: Tracing) =>
  ({ from: 'tenant-service', to, url, signingKeys, hmacSecrets, metrics, tracing }) as const;

/** For what asks other services, as this one. */
@Module({
  providers: [
    {
      provide: AuditServiceConnection,
      inject,
      useFactory: (config: TenantServiceConfig, metrics: Metrics, tracing: Tracing) => new AuditServiceConnection(optionsOf('audit-service', config.auditServiceUrl, config, metrics, tracing)),
    },
    {
      provide: AiGatewayConnection,
      inject,
      useFactory: (config: TenantServiceConfig, metrics: Metrics, tracing: Tracing) => new AiGatewayConnection(optionsOf('ai-gateway', config.aiGatewayUrl, config, metrics, tracing)),
    },
  ],
  exports: [AuditServiceConnection, AiGatewayConnection],
})
export class ServiceConnectionsModule {}
