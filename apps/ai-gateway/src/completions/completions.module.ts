import { Module } from '@nestjs/common';
import { ModelsModule } from '../models/models.module.js';
import { ProviderModule } from '../provider/provider.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { CompletionsController } from './completions.controller.js';
import { CompletionsService } from './completions.service.js';

@Module({ imports: [ModelsModule, ProviderModule, QuotasModule, UsageModule], controllers: [CompletionsController], providers: [CompletionsService] })
export class CompletionsModule {}
