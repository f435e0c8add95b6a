import { Module } from '@nestjs/common';
import { ServiceConnection } from '@plinth/auth';
import { Metrics, Tracing } from '@plinth/telemetry';
import { SchedulerConfig } from '../config.js';
import { CloseQuotaPeriods } from './close-quota-periods.job.js';

@Module({
  providers: [
    {
      provide: ServiceConnection,
      inject: [SchedulerConfig, Metrics, Tracing],
      useFactory: ({ tenantServiceUrl: url, internalKeys: signingKeys, internalHmacSecrets: hmacSecrets }: SchedulerConfig, metrics: Metrics, tracing: Tracing) =>
        new ServiceConnection({ from: 'scheduler', to: 'tenant-service', url, signingKeys, hmacSecrets, metrics, tracing }),
    },
    CloseQuotaPeriods,
  ],
  exports: [CloseQuotaPeriods],
})
export class QuotasModule {}
