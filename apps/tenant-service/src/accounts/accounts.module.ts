import { Module } from '@nestjs/common';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { AccountsController } from './accounts.controller.js';
import { AccountsRepository } from './accounts.repository.js';
import { AccountsService } from './accounts.service.js';
import { PasswordHasher } from './password-hasher.js';

@Module({
  imports: [TenantsModule, MailQueueModule],
  controllers: [AccountsController],
  providers: [AccountsRepository, AccountsService, PasswordHasher],
  exports: [AccountsRepository, PasswordHasher],
})
export class AccountsModule {}
