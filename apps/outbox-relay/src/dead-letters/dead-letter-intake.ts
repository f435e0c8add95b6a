import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { deadLetterTopic } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { KAFKA_CLIENT, RawConsumer, type ConsumerCounters, type KafkaClient } from '@plinth/kafka';
import { Logger } from '@plinth/logging';
import { OutboxRelayConfig } from '../config.js';
import { DeadLettersRepository } from './dead-letters.repository.js';

/** The name of the transaction that keeps letters of all tenants, and of none. */
const takeInDeadLetter = 'take_in_dead_letter';

/** Keeps every dead letter in the table; its offset is committed after the row, and a second reading finds the row there. */
@Injectable()
export class DeadLetterIntake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly consumer: RawConsumer;

  constructor(config: OutboxRelayConfig, @Inject(KAFKA_CLIENT) kafka: KafkaClient, transactor: Transactor, logger: Logger, letters: DeadLettersRepository) {
    this.consumer = new RawConsumer({
      ...{ kafka, logger, groupId: config.consumerGroup, topic: deadLetterTopic },
      handle: (message) => transactor.runSystem(takeInDeadLetter, (tx) => letters.takeIn(tx, message)),
    });
  }

  get counters(): ConsumerCounters {
    return this.consumer.counters;
  }

  onApplicationBootstrap(): void {
    this.consumer.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.consumer.close();
  }
}
