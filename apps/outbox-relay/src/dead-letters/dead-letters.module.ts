import { Module, type DynamicModule } from '@nestjs/common';
import { deadLetterTopic } from '@plinth/contracts';
import { SignedCursor } from '@plinth/http';
import { ConsumerMetrics, KAFKA_CLIENT, type KafkaClient } from '@plinth/kafka';
import { Metrics } from '@plinth/telemetry';
import { OutboxRelayConfig } from '../config.js';
import { DeadLetterIntake } from './dead-letter-intake.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeadLettersRepository } from './dead-letters.repository.js';
import { DeadLettersService } from './dead-letters.service.js';
import { DeskMetrics } from './desk-metrics.js';
import { FollowWorker } from './follow-worker.js';
import { FollowingRepository } from './following.repository.js';
import { RedriveBatchesController } from './redrive-batches.controller.js';
import { RedriveBatchesRepository } from './redrive-batches.repository.js';
import { RedriveBatchesService } from './redrive-batches.service.js';
import { REDRIVE_GROUPS } from './redrive-groups.js';
import { RedriveWorker } from './redrive-worker.js';
import { SendingRepository } from './sending.repository.js';

/** What could not be handled: kept, shown to operators, sent again. */
@Module({})
export class DeadLettersModule {
  /** @param groups the consumer groups that have a redrive topic */
  static for(groups: readonly string[]): DynamicModule {
    return {
      module: DeadLettersModule,
      controllers: [DeadLettersController, RedriveBatchesController],
      providers: [
        { provide: REDRIVE_GROUPS, useValue: groups },
        { provide: SignedCursor, inject: [OutboxRelayConfig], useFactory: ({ cursorSecrets }: OutboxRelayConfig) => new SignedCursor(cursorSecrets) },
        { provide: ConsumerMetrics, inject: [OutboxRelayConfig, KAFKA_CLIENT, DeadLetterIntake, Metrics], useFactory: metricsOf },
        DeadLettersRepository,
        DeadLettersService,
        RedriveBatchesRepository,
        RedriveBatchesService,
        SendingRepository,
        FollowingRepository,
        DeadLetterIntake,
        DeskMetrics,
        RedriveWorker,
        FollowWorker,
      ],
    };
  }
}

function metricsOf({ consumerGroup: groupId }: OutboxRelayConfig, kafka: KafkaClient, { counters }: DeadLetterIntake, metrics: Metrics): ConsumerMetrics {
  return new ConsumerMetrics({ metrics, kafka, groupId, topics: [deadLetterTopic], counters });
}
