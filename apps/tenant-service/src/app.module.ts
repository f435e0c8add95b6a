import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceAuthModule } from '@plinth/auth';
import { IdempotencyModule } from '@plinth/idempotency';
import type { Logger } from '@plinth/logging';
import { ServiceModule } from '@plinth/service';
import { AccountsModule } from './accounts/accounts.module.js';
import { AnalyticsModule } from './analytics/analytics.module.js';
import { ApiKeysModule } from './api-keys/api-keys.module.js';
import type { TenantServiceConfig } from './config.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { DataExportsModule } from './data-exports/data-exports.module.js';
import { FeatureFlagsModule } from './feature-flags/feature-flags.module.js';
import { ConsentsModule } from './consents/consents.module.js';
import { InvitationsModule } from './invitations/invitations.module.js';
import { MembersModule } from './members/members.module.js';
import { schema } from './migrations/index.js';
import { EmailChangeModule } from './email-change/email-change.module.js';
import { ErasureModule } from './erasure/erasure.module.js';
import { EmailVerificationModule } from './email-verification/email-verification.module.js';
import { LegalHoldsModule } from './legal-holds/legal-holds.module.js';
import { MailModule } from './mail/mail.module.js';
import { OperatorAccessModule } from './operator-access/operator-access.module.js';
import { OperatorsModule } from './operators/operators.module.js';
import { PasswordsModule } from './passwords/passwords.module.js';
import { PoliciesModule } from './policies/policies.module.js';
import { PrivacyModule } from './privacy/privacy.module.js';
import { QuotasModule } from './quotas/quotas.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { RevocationsModule } from './revocations/revocations.module.js';
import { RolesModule } from './roles/roles.module.js';
import { SecondFactorModule } from './second-factor/second-factor.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { Tenant } from './tenants/tenant.entity.js';
import { TenantsModule } from './tenants/tenants.module.js';

@Module({})
export class AppModule {
  static forConfig(config: TenantServiceConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.for({ name: 'tenant-service', config, logger, entities: [Tenant] }),
        ServiceAuthModule.for({ service: 'tenant-service', verificationKeys: config.internalKeys, hmacSecrets: config.internalHmacSecrets }),
        IdempotencyModule.forRoot({ schema, secrets: config.idempotencySecrets }),
        PoliciesModule,
        PrivacyModule,
        AccountsModule,
        ConsentsModule,
        SessionsModule,
        SecondFactorModule,
        EmailChangeModule,
        EmailVerificationModule,
        PasswordsModule,
        ErasureModule,
        MailModule,
        TenantsModule,
        MembersModule,
        CredentialsModule,
        RolesModule,
        InvitationsModule,
        ApiKeysModule,
        RevocationsModule,
        OperatorsModule,
        OperatorAccessModule,
        QuotasModule,
        FeatureFlagsModule,
        LegalHoldsModule,
        RetentionModule,
        DataExportsModule,
        AnalyticsModule,
      ],
    };
  }
}
