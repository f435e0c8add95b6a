import { Module } from '@nestjs/common';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { SuspensionController } from './suspension.controller.js';
import { SuspensionService } from './suspension.service.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsRepository } from './tenants.repository.js';
import { TenantsService } from './tenants.service.js';

@Module({
  imports: [RevocationsModule],
  controllers: [TenantsController, SuspensionController],
  providers: [TenantsRepository, TenantsService, SuspensionService],
  exports: [TenantsRepository],
})
export class TenantsModule {}
