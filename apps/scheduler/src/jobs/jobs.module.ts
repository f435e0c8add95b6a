import { Module, type DynamicModule } from '@nestjs/common';
import { SignedCursor } from '@plinth/http';
import { JobMetrics, Metrics } from '@plinth/telemetry';
import { SchedulerConfig } from '../config.js';
import { CredentialExpiry } from '../credentials/credential-expiry.job.js';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { FinishOperatorAccess } from '../operator-access/finish-operator-access.job.js';
import { OperatorAccessModule } from '../operator-access/operator-access.module.js';
import { PurgeModule } from '../purge/purge.module.js';
import { PurgePublishedAndExpired } from '../purge/purge-published-and-expired.job.js';
import { CloseQuotaPeriods } from '../quotas/close-quota-periods.job.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { EnforceRetention } from '../retention/enforce-retention.job.js';
import { RetentionModule } from '../retention/retention.module.js';
import { retryPolicy, type Job, type RetryPolicy } from './job.js';
import { JobCatalogue } from './job-catalogue.js';
import { JobRunner, RETRY_POLICY } from './job-runner.js';
import { JobRunsRepository } from './job-runs.repository.js';
import { JobWorker } from './job-worker.js';
import { JobsController } from './jobs.controller.js';
import { JobsService } from './jobs.service.js';

export interface JobsOptions {
  /** Beside the service's own. */
  readonly jobs?: readonly Job[];
  readonly retry?: RetryPolicy;
}

@Module({})
export class JobsModule {
  static for({ jobs = [], retry = retryPolicy }: JobsOptions): DynamicModule {
    return {
      module: JobsModule,
      imports: [PurgeModule, QuotasModule, OperatorAccessModule, RetentionModule, CredentialsModule],
      controllers: [JobsController],
      providers: [
        { provide: JobCatalogue, inject: [PurgePublishedAndExpired, CloseQuotaPeriods, FinishOperatorAccess, EnforceRetention, CredentialExpiry], useFactory: (...own: Job[]) => new JobCatalogue([...own, ...jobs]) },
        { provide: RETRY_POLICY, useValue: retry },
        { provide: JobMetrics, inject: [Metrics], useFactory: (metrics: Metrics) => new JobMetrics(metrics) },
        { provide: SignedCursor, inject: [SchedulerConfig], useFactory: ({ cursorSecrets }: SchedulerConfig) => new SignedCursor(cursorSecrets) },
        JobRunsRepository,
        JobRunner,
        JobWorker,
        JobsService,
      ],
    };
  }
}
