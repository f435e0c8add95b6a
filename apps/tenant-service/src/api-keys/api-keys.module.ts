import { Module } from '@nestjs/common';
import { SignedCursor } from '@plinth/http';
import { TenantServiceConfig } from '../config.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { ApiKeyFactsController } from './api-key-facts.controller.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService } from './api-keys.service.js';

@Module({
  imports: [RevocationsModule],
  controllers: [ApiKeysController, ApiKeyFactsController],
  providers: [
    { provide: SignedCursor, inject: [TenantServiceConfig], useFactory: ({ cursorSecrets }: TenantServiceConfig) => new SignedCursor(cursorSecrets) },
    ApiKeysRepository,
    ApiKeysService,
  ],
})
export class ApiKeysModule {}
