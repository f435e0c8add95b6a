import { Module } from '@nestjs/common';
import { BacklogMetrics } from './backlog-metrics.js';
import { PublishingService } from './publishing.service.js';

@Module({ providers: [BacklogMetrics, PublishingService] })
export class PublishingModule {}
