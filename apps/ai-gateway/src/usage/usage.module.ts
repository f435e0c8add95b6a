import { Module } from '@nestjs/common';
import { CallClaimsRepository } from './call-claims.repository.js';
import { UsageRepository } from './usage.repository.js';
import { UsageService } from './usage.service.js';

@Module({ providers: [UsageRepository, CallClaimsRepository, UsageService], exports: [UsageService] })
export class UsageModule {}
