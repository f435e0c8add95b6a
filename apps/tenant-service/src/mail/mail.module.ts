import { Module } from '@nestjs/common';
import { Metrics } from '@plinth/telemetry';
import { AccountsModule } from '../accounts/accounts.module.js';
import { TenantServiceConfig } from '../config.js';
import { MailedTokensModule } from '../mailed-tokens/mailed-tokens.module.js';
import { MailPreparation } from './mail-preparation.js';
import { MailQueueModule } from './mail-queue.module.js';
import { MAIL_TRANSPORT, mailTransport } from './mail-transport.js';
import { MailWorker } from './mail-worker.js';

/** Sends what stands in the queue. */
@Module({
  imports: [MailQueueModule, AccountsModule, MailedTokensModule],
  providers: [
    MailPreparation,
    MailWorker,
    {
      provide: MAIL_TRANSPORT,
      inject: [TenantServiceConfig, Metrics],
      useFactory: ({ smtpUrl }: TenantServiceConfig, metrics: Metrics) => mailTransport(smtpUrl, metrics),
    },
  ],
})
export class MailModule {}
