import { Module } from '@nestjs/common';
import { TenantServiceModule } from '../tenant-service/tenant-service.module.js';
import { EnforceRetention } from './enforce-retention.job.js';

@Module({ imports: [TenantServiceModule], providers: [EnforceRetention], exports: [EnforceRetention] })
export class RetentionModule {}
