import { Module } from '@nestjs/common';
import { ServiceConnection } from '@plinth/auth';
import { Metrics, Tracing } from '@plinth/telemetry';
import { SchedulerConfig } from '../config.js';

/** For jobs that have tenant-service do their work. */
@Module({
  providers: [
    {
      provide: ServiceConnection,
      inject: [SchedulerConfig, Metrics, Tracing],
      useFactory: ({ tenantServiceUrl: url, internalKeys: signingKeys, internalHmacSecrets: hmacSecrets }: SchedulerConfig, metrics: Metrics, tracing: Tracing) =>
        new ServiceConnection({ from: 'scheduler', to: 'tenant-service', url, signingKeys, hmacSecrets, metrics, tracing }),
    },
  ],
  exports: [ServiceConnection],
})
export class TenantServiceModule {}
