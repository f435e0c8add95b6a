import { Module } from '@nestjs/common';
import { TenantServiceConfig } from '../config.js';
import { ServiceConnectionsModule } from '../service-connections/service-connections.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ArchiveContents } from './archive-contents.js';
import { ArchiveMaker } from './archive-maker.js';
import { ArchiveParts } from './archive-parts.js';
import { DataExportsController } from './data-exports.controller.js';
import { DataExportsRepository } from './data-exports.repository.js';
import { DataExportsService } from './data-exports.service.js';
import { ExportSeal } from './export-seal.js';
import { ExportSettings } from './export-settings.js';
import { ExportWorker } from './export-worker.js';

@Module({
  imports: [ServiceConnectionsModule, SessionsModule],
  controllers: [DataExportsController],
  providers: [
    DataExportsRepository,
    DataExportsService,
    ArchiveContents,
    ArchiveMaker,
    ArchiveParts,
    ExportWorker,
    { provide: ExportSettings, inject: [TenantServiceConfig], useFactory: ({ issuer, subjectKeySecrets }: TenantServiceConfig) => new ExportSettings(issuer, new ExportSeal(subjectKeySecrets)) },
  ],
})
export class DataExportsModule {}
