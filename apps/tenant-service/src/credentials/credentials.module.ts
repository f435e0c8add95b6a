import { Module } from '@nestjs/common';
import { TenantServiceConfig } from '../config.js';
import { cursors } from '../cursors.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { MembersModule } from '../members/members.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { CredentialChanges, CredentialSeal } from './credential-changes.js';
import { CredentialEndingsService } from './credential-endings.service.js';
import { CredentialsController } from './credentials.controller.js';
import { CredentialsRepository } from './credentials.repository.js';
import { CredentialsService } from './credentials.service.js';
import { OwnCredentialsController } from './own-credentials.controller.js';
import { OwnCredentialsService } from './own-credentials.service.js';

@Module({
  imports: [MembersModule, MailQueueModule, RevocationsModule],
  controllers: [CredentialsController, OwnCredentialsController],
  providers: [
    cursors,
    CredentialsRepository,
    CredentialChanges,
    CredentialsService,
    OwnCredentialsService,
    CredentialEndingsService,
    { provide: CredentialSeal, inject: [TenantServiceConfig], useFactory: ({ subjectKeySecrets }: TenantServiceConfig) => new CredentialSeal(subjectKeySecrets) },
  ],
})
export class CredentialsModule {}
