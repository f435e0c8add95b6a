import { Module } from '@nestjs/common';
import { ChainsRepository } from './chains.repository.js';
import { VerificationController } from './verification.controller.js';
import { VerificationService } from './verification.service.js';

@Module({ controllers: [VerificationController], providers: [ChainsRepository, VerificationService] })
export class VerificationModule {}
