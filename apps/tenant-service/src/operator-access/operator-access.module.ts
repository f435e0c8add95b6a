import { Module } from '@nestjs/common';
import { cursors } from '../cursors.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { MembersModule } from '../members/members.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { OperatorAccessChangesModule } from './operator-access-changes.module.js';
import { OperatorAccessController } from './operator-access.controller.js';
import { OperatorAccessService } from './operator-access.service.js';
import { OperatorRequestsController } from './operator-requests.controller.js';
import { OperatorRequestsService } from './operator-requests.service.js';

@Module({
  imports: [TenantsModule, MembersModule, MailQueueModule, OperatorAccessChangesModule],
  controllers: [OperatorRequestsController, OperatorAccessController],
  providers: [cursors, OperatorRequestsService, OperatorAccessService],
})
export class OperatorAccessModule {}
