import { Module } from '@nestjs/common';
import { redriveTopicOf } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { ConsumerMetrics, InboxTransport, KAFKA_CLIENT, type KafkaClient } from '@plinth/kafka';
import { Logger } from '@plinth/logging';
import { Metrics, Tracing } from '@plinth/telemetry';
import { TenantServiceConfig } from '../config.js';
import { cursors } from '../cursors.js';
import { schema } from '../migrations/index.js';
import { AllAnalyticsController } from './all-analytics.controller.js';
import { AllAnalyticsRepository } from './all-analytics.repository.js';
import { AllAnalyticsService } from './all-analytics.service.js';
import { AnalyticsController } from './analytics.controller.js';
import { AnalyticsRepository } from './analytics.repository.js';
import { AnalyticsService } from './analytics.service.js';
import { CountCallsWhenApiUsageRecordedHandler } from './count-calls-when-api-usage-recorded.handler.js';
import { CountCreationWhenSomethingCreatedHandler } from './count-creation-when-something-created.handler.js';
import { UsageCountingService } from './usage-counting.service.js';
import { UsageCountsRepository } from './usage-counts.repository.js';

const consumedTopics = ['plinth.gateway', 'plinth.tenancy', 'plinth.identity', 'plinth.ai'];

/** Counts what tenants do, from events, and shows it. Nothing else of this service waits for Kafka. */
@Module({
  controllers: [AllAnalyticsController, AnalyticsController, CountCallsWhenApiUsageRecordedHandler, CountCreationWhenSomethingCreatedHandler],
  providers: [
    { provide: InboxTransport, inject: [TenantServiceConfig, KAFKA_CLIENT, Transactor, Logger, Tracing, Metrics], useFactory: transportOf },
    { provide: ConsumerMetrics, inject: [TenantServiceConfig, KAFKA_CLIENT, InboxTransport, Metrics], useFactory: metricsOf },
    cursors,
    AllAnalyticsRepository,
    AllAnalyticsService,
    AnalyticsRepository,
    AnalyticsService,
    UsageCountingService,
    UsageCountsRepository,
  ],
  exports: [InboxTransport],
})
export class AnalyticsModule {}

function transportOf({ consumerGroup: groupId }: TenantServiceConfig, kafka: KafkaClient, transactor: Transactor, logger: Logger, tracing: Tracing, metrics: Metrics): InboxTransport {
  return new InboxTransport({ kafka, groupId, schema, transactor, logger, tracing, metrics });
}

function metricsOf({ consumerGroup: groupId }: TenantServiceConfig, kafka: KafkaClient, { counters }: InboxTransport, metrics: Metrics): ConsumerMetrics {
  return new ConsumerMetrics({ metrics, kafka, groupId, topics: [...consumedTopics, redriveTopicOf(groupId)], counters });
}
