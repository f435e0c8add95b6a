import { Module } from '@nestjs/common';
import { cursors } from '../cursors.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { ApiKeyChangesService } from './api-key-changes.service.js';
import { ApiKeyFactsController } from './api-key-facts.controller.js';
import { ApiKeyIssue } from './api-key-issue.js';
import { ApiKeyUsesRepository } from './api-key-uses.repository.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService } from './api-keys.service.js';

@Module({
  imports: [RevocationsModule],
  controllers: [ApiKeysController, ApiKeyFactsController],
  providers: [cursors, ApiKeyChangesService, ApiKeyIssue, ApiKeysRepository, ApiKeysService, ApiKeyUsesRepository],
})
export class ApiKeysModule {}
