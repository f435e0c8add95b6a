import { Module } from '@nestjs/common';
import { TenantServiceConfig } from '../config.js';
import { LegalHoldsModule } from '../legal-holds/legal-holds.module.js';
import { MembersModule } from '../members/members.module.js';
import { SecondFactorCheckModule } from '../second-factor/second-factor-check.module.js';
import { ServiceConnectionsModule } from '../service-connections/service-connections.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ErasureCertificate } from './erasure-certificate.js';
import { ErasureConditions } from './erasure-conditions.js';
import { ErasureIds } from './erasure-ids.js';
import { ErasureReconciliation } from './erasure-reconciliation.js';
import { ErasureRecord } from './erasure-record.js';
import { ErasureSteps } from './erasure-steps.js';
import { ErasureWorker } from './erasure-worker.js';
import { ErasuresController } from './erasures.controller.js';
import { ErasuresRepository } from './erasures.repository.js';
import { ErasuresService } from './erasures.service.js';

/** People who want to be forgotten. */
@Module({
  imports: [LegalHoldsModule, MembersModule, ServiceConnectionsModule, SessionsModule, SecondFactorCheckModule],
  controllers: [ErasuresController],
  providers: [
    ErasureCertificate,
    ErasureConditions,
    ErasureReconciliation,
    ErasureRecord,
    ErasureSteps,
    ErasureWorker,
    { provide: ErasureIds, inject: [TenantServiceConfig], useFactory: ({ subjectKeySecrets }: TenantServiceConfig) => new ErasureIds(subjectKeySecrets) },
    ErasuresRepository,
    ErasuresService,
  ],
})
export class ErasureModule {}
