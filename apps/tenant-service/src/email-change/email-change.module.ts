import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { MailedTokensModule } from '../mailed-tokens/mailed-tokens.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { EmailChangeRecord } from './email-change-record.js';
import { EmailChangeController } from './email-change.controller.js';
import { EmailChangeService } from './email-change.service.js';

@Module({ imports: [AccountsModule, SessionsModule, MailQueueModule, MailedTokensModule], controllers: [EmailChangeController], providers: [EmailChangeService, EmailChangeRecord] })
export class EmailChangeModule {}
