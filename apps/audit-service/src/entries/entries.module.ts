import { Module } from '@nestjs/common';
import { SignedCursor } from '@plinth/http';
import { AuditServiceConfig } from '../config.js';
import { TrailModule } from '../trail/trail.module.js';
import { EntriesController } from './entries.controller.js';
import { EntriesRepository } from './entries.repository.js';
import { EntriesService } from './entries.service.js';

@Module({
  imports: [TrailModule],
  controllers: [EntriesController],
  providers: [
    { provide: SignedCursor, inject: [AuditServiceConfig], useFactory: ({ cursorSecrets }: AuditServiceConfig) => new SignedCursor(cursorSecrets) },
    EntriesRepository,
    EntriesService,
  ],
})
export class EntriesModule {}
