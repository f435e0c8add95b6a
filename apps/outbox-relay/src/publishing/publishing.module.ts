import { Module } from '@nestjs/common';
import { PublishingService } from './publishing.service.js';

@Module({ providers: [PublishingService] })
export class PublishingModule {}
