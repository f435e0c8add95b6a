import { Module } from '@nestjs/common';
import { cursors } from '../cursors.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { ApiKeyFactsController } from './api-key-facts.controller.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService } from './api-keys.service.js';

@Module({
  imports: [RevocationsModule],
  controllers: [ApiKeysController, ApiKeyFactsController],
  providers: [cursors, ApiKeysRepository, ApiKeysService],
})
export class ApiKeysModule {}
