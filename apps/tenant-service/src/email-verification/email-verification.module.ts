import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { MailedTokensModule } from '../mailed-tokens/mailed-tokens.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { EmailVerificationController } from './email-verification.controller.js';
import { EmailVerificationService } from './email-verification.service.js';

@Module({
  imports: [AccountsModule, TenantsModule, MailQueueModule, MailedTokensModule],
  controllers: [EmailVerificationController],
  providers: [EmailVerificationService],
  exports: [EmailVerificationService],
})
export class EmailVerificationModule {}
