import { Module } from '@nestjs/common';
import { PurgePublishedAndExpired } from './purge-published-and-expired.job.js';
import { PurgeRepository } from './purge.repository.js';

@Module({ providers: [PurgeRepository, PurgePublishedAndExpired], exports: [PurgePublishedAndExpired] })
export class PurgeModule {}
