import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { EmailVerificationModule } from '../email-verification/email-verification.module.js';
import { LockOutModule } from '../lock-out/lock-out.module.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { MailedTokensModule } from '../mailed-tokens/mailed-tokens.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { PasswordChangeService } from './password-change.service.js';
import { PasswordReplacement } from './password-replacement.js';
import { PasswordsController } from './passwords.controller.js';
import { PasswordResetService } from './password-reset.service.js';

@Module({
  imports: [AccountsModule, SessionsModule, MailQueueModule, MailedTokensModule, LockOutModule, EmailVerificationModule],
  controllers: [PasswordsController],
  providers: [PasswordResetService, PasswordChangeService, PasswordReplacement],
})
export class PasswordsModule {}
