import { Module } from '@nestjs/common';
import { cursors } from '../cursors.js';
import { OperatorAccessChangesModule } from '../operator-access/operator-access-changes.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { LifeCycleController } from './life-cycle.controller.js';
import { LifeCycleService } from './life-cycle.service.js';
import { TenantDirectoryController } from './tenant-directory.controller.js';
import { TenantDirectoryService } from './tenant-directory.service.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsRepository } from './tenants.repository.js';
import { TenantsService } from './tenants.service.js';

@Module({
  imports: [RevocationsModule, OperatorAccessChangesModule],
  controllers: [TenantDirectoryController, TenantsController, LifeCycleController],
  providers: [cursors, TenantsRepository, TenantsService, TenantDirectoryService, LifeCycleService],
  exports: [TenantsRepository, LifeCycleService],
})
export class TenantsModule {}
