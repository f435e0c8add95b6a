import { Module } from '@nestjs/common';
import { TrailModule } from '../trail/trail.module.js';
import { ChainsRepository } from './chains.repository.js';
import { VerificationController } from './verification.controller.js';
import { VerificationService } from './verification.service.js';

@Module({ imports: [TrailModule], controllers: [VerificationController], providers: [ChainsRepository, VerificationService], exports: [ChainsRepository] })
export class VerificationModule {}
