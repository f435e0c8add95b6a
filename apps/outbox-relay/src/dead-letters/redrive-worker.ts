import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { EventProducer, KAFKA_CLIENT, type KafkaClient } from '@plinth/kafka';
import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { redrivenMessage } from './redriven-message.js';
import { SendingRepository } from './sending.repository.js';

/** The name of the transaction that sends letters of all tenants, and of none. */
const sendDeadLetters = 'send_dead_letters';

// A request of this process wakes the worker; one of another replica, or of before a crash, waits this long.
const intervalMs = 500;
// Letters may be of 1 MiB each.
const batchSize = 20;
const backoff = { baseMs: 100, capMs: 2000 };

interface SendReport {
  /** Whether more may be waiting right now. */
  readonly full: boolean;
  /** Why Kafka did not take them, where it is away; they stay requested. */
  readonly unavailable: string | undefined;
}

/**
 * Sends the letters that operators have asked for to the redrive topic of their group.
 *
 * Guarantee: at least once. A letter is marked after Kafka has acknowledged it; a crash in between sends
 * it again, with the same event id, and the group's inbox drops the second one.
 * Safe with several copies: yes, one sends at a time.
 */
@Injectable()
export class RedriveWorker extends Worker {
  private readonly producer: EventProducer;

  constructor(
    @Inject(KAFKA_CLIENT) kafka: KafkaClient,
    private readonly transactor: Transactor,
    private readonly letters: SendingRepository,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'redrive', intervalMs, backoff, logger, metrics });
    this.producer = new EventProducer({ kafka, logger });
  }

  /** One batch. @throws KafkaAway, and the driver's error where the database is away */
  override async runOnce(): Promise<NextRun> {
    const { full, unavailable } = await this.sendBatch();
    if (unavailable !== undefined) throw new KafkaAway(unavailable);
    return full ? 'at_once' : 'after_interval';
  }

  protected override async release(): Promise<void> {
    await this.producer.close();
  }

  protected override tellOutage(error: unknown): void {
    this.logger.error('dead letters cannot be sent, trying again', { error });
  }

  protected override tellRecovery(): void {
    this.logger.info('dead letters can be sent again');
  }

  private async sendBatch(): Promise<SendReport> {
    return await this.transactor.runSystem(sendDeadLetters, async (tx) => {
      if (!(await this.letters.becomeSender(tx))) return { full: false, unavailable: undefined };
      const requested = await this.letters.listRequested(tx, batchSize);
      if (requested.length === 0) return { full: false, unavailable: undefined };
      const outcomes = await this.producer.publish(requested.map(redrivenMessage));
      const sent: string[] = [];
      let unavailable: string | undefined;
      for (const [position, { id, consumer_group: group }] of requested.entries()) {
        const outcome = outcomes[position];
        if (outcome?.kind === 'acknowledged') sent.push(id);
        if (outcome?.kind === 'unavailable') unavailable ??= outcome.code;
        if (outcome?.kind === 'refused') {
          await this.letters.recordRefusal(tx, id, outcome.code);
          this.logger.error('dead letter refused by the broker', { group, code: outcome.code });
        }
      }
      if (sent.length > 0) await this.letters.markRedriven(tx, sent);
      return { full: requested.length === batchSize, unavailable };
    });
  }
}

/** Kafka takes nothing now; what it took is marked. */
class KafkaAway extends Error {
  constructor(readonly code: string) {
    super('Kafka does not take the letters');
    this.name = 'KafkaAway';
  }
}
