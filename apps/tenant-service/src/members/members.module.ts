import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { ApiKeysRepository } from '../api-keys/api-keys.repository.js';
import { cursors } from '../cursors.js';
import { OperatorAccessChangesModule } from '../operator-access/operator-access-changes.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { BearerStandingController } from './bearer-standing.controller.js';
import { BearerStandingService } from './bearer-standing.service.js';
import { MemberChanges } from './member-changes.js';
import { MembersController } from './members.controller.js';
import { MembersRepository } from './members.repository.js';
import { MembersService } from './members.service.js';

@Module({
  imports: [AccountsModule, TenantsModule, QuotasModule, RevocationsModule, OperatorAccessChangesModule],
  controllers: [MembersController, BearerStandingController],
  providers: [cursors, MembersRepository, MembersService, MemberChanges, BearerStandingService, RolesRepository, ApiKeysRepository],
  exports: [MembersRepository, MemberChanges, RolesRepository],
})
export class MembersModule {}
