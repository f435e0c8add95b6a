import { Module } from '@nestjs/common';
import { TenantServiceConfig } from '../config.js';
import { MailQueue } from './mail-queue.js';
import { MailRequestsService } from './mail-requests.service.js';
import { MailSeal } from './mail-seal.js';
import { MailRepository } from './mail.repository.js';

/** For whoever has something to send. */
@Module({
  providers: [
    MailQueue,
    MailRequestsService,
    MailRepository,
    { provide: MailSeal, inject: [TenantServiceConfig], useFactory: ({ idempotencySecrets }: TenantServiceConfig) => new MailSeal(idempotencySecrets) },
  ],
  exports: [MailQueue, MailRequestsService, MailRepository, MailSeal],
})
export class MailQueueModule {}
