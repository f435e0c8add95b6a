import { Module } from '@nestjs/common';
import { cursors } from '../cursors.js';
import { LegalHolds } from './legal-holds.js';
import { LegalHoldsController } from './legal-holds.controller.js';
import { LegalHoldsRepository } from './legal-holds.repository.js';
import { LegalHoldsService } from './legal-holds.service.js';

@Module({ controllers: [LegalHoldsController], providers: [cursors, LegalHolds, LegalHoldsRepository, LegalHoldsService], exports: [LegalHolds] })
export class LegalHoldsModule {}
