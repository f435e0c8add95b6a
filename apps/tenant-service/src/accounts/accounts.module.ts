import { Module } from '@nestjs/common';
import { ConsentRecordsModule } from '../consents/consent-records.module.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { AccountsController } from './accounts.controller.js';
import { AccountsRepository } from './accounts.repository.js';
import { AccountsService } from './accounts.service.js';
import { PasswordHasher } from './password-hasher.js';
import { SignUpRecord } from './sign-up-record.js';

@Module({
  imports: [TenantsModule, MailQueueModule, ConsentRecordsModule],
  controllers: [AccountsController],
  providers: [AccountsRepository, AccountsService, PasswordHasher, SignUpRecord],
  exports: [AccountsRepository, PasswordHasher],
})
export class AccountsModule {}
