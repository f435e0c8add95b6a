import { Module } from '@nestjs/common';
import { PrivacyModule } from '../privacy/privacy.module.js';
import { PoliciesController } from './policies.controller.js';
import { PoliciesRepository } from './policies.repository.js';
import { PolicyDocumentsService } from './policy-documents.service.js';
import { PolicyPagesController } from './policy-pages.controller.js';
import { PolicyPublishingService } from './policy-publishing.service.js';

@Module({
  imports: [PrivacyModule],
  controllers: [PoliciesController, PolicyPagesController],
  providers: [PoliciesRepository, PolicyDocumentsService, PolicyPublishingService],
  exports: [PoliciesRepository, PolicyDocumentsService],
})
export class PoliciesModule {}
