import { Module } from '@nestjs/common';
import { QuotasModule } from '../quotas/quotas.module.js';
import { UsageExportsController } from './usage-exports.controller.js';
import { UsageExportsService } from './usage-exports.service.js';
import { UsageRepository } from './usage.repository.js';
import { UsageService } from './usage.service.js';

@Module({ imports: [QuotasModule], controllers: [UsageExportsController], providers: [UsageExportsService, UsageRepository, UsageService], exports: [UsageService] })
export class UsageModule {}
