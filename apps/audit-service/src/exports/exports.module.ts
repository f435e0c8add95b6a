import { Module } from '@nestjs/common';
import { TrailModule } from '../trail/trail.module.js';
import { VerificationModule } from '../verification/verification.module.js';
import { ExportsController } from './exports.controller.js';
import { ExportsRepository } from './exports.repository.js';
import { ExportsService } from './exports.service.js';

@Module({ imports: [TrailModule, VerificationModule], controllers: [ExportsController], providers: [ExportsRepository, ExportsService] })
export class ExportsModule {}
