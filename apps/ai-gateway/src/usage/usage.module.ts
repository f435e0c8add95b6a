import { Module } from '@nestjs/common';
import { QuotasModule } from '../quotas/quotas.module.js';
import { UsageRepository } from './usage.repository.js';
import { UsageService } from './usage.service.js';

@Module({ imports: [QuotasModule], providers: [UsageRepository, UsageService], exports: [UsageService] })
export class UsageModule {}
