import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { cursors } from '../cursors.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { MembersModule } from '../members/members.module.js';
import { AcceptanceService } from './acceptance.service.js';
import { InvitationsController } from './invitations.controller.js';
import { InvitationsRepository } from './invitations.repository.js';
import { InvitationsService } from './invitations.service.js';

@Module({ imports: [AccountsModule, MailQueueModule, MembersModule], controllers: [InvitationsController], providers: [cursors, InvitationsRepository, InvitationsService, AcceptanceService] })
export class InvitationsModule {}
