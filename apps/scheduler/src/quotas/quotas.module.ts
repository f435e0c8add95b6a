import { Module } from '@nestjs/common';
import { TenantServiceModule } from '../tenant-service/tenant-service.module.js';
import { CloseQuotaPeriods } from './close-quota-periods.job.js';

@Module({ imports: [TenantServiceModule], providers: [CloseQuotaPeriods], exports: [CloseQuotaPeriods] })
export class QuotasModule {}
