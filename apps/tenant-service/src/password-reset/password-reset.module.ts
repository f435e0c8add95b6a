import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { EmailVerificationModule } from '../email-verification/email-verification.module.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { MailedTokensModule } from '../mailed-tokens/mailed-tokens.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { PasswordReplacement } from './password-replacement.js';
import { PasswordResetController } from './password-reset.controller.js';
import { PasswordResetService } from './password-reset.service.js';

@Module({
  imports: [AccountsModule, SessionsModule, MailQueueModule, MailedTokensModule, EmailVerificationModule],
  controllers: [PasswordResetController],
  providers: [PasswordResetService, PasswordReplacement],
})
export class PasswordResetModule {}
