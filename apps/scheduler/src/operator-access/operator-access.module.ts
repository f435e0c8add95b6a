import { Module } from '@nestjs/common';
import { TenantServiceModule } from '../tenant-service/tenant-service.module.js';
import { FinishOperatorAccess } from './finish-operator-access.job.js';

@Module({ imports: [TenantServiceModule], providers: [FinishOperatorAccess], exports: [FinishOperatorAccess] })
export class OperatorAccessModule {}
