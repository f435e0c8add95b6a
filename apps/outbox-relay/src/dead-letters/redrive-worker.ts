import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { EventProducer, KAFKA_CLIENT, type KafkaClient } from '@plinth/kafka';
import { Logger } from '@plinth/logging';
import { Metrics, type Instruments } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { deskMetrics } from '../metrics.js';
import { REDRIVE_GROUPS } from './redrive-groups.js';
import { redrivenMessage } from './redriven-message.js';
import { SendingRepository } from './sending.repository.js';

/** The names of the transactions that note and send letters of all tenants, and of none. */
const handOverDeadLetters = 'hand_over_dead_letters';
const sendDeadLetters = 'send_dead_letters';

// A request of this process wakes the worker; one of another replica, or of before a crash, waits this long.
const intervalMs = 500;
// Of one transaction, which lasts as long as Kafka takes: letters may be of 1 MiB each.
const letterLimit = 100;
const byteLimit = 8 * 1024 * 1024;
// Redrives of many that go on side by side; later ones wait.
const openBatches = 10;
const backoff = { baseMs: 100, capMs: 2000 };

interface SendReport {
  /** Letters that were looked at; where there were any, there may be more. */
  readonly letters: number;
  /** Why Kafka did not take them, where it is away; they stay requested. */
  readonly unavailable: string | undefined;
}

/**
 * Sends the letters that operators have asked for to the redrive topic of their group. Of a redrive of many, as many
 * letters as its rate allows become letters that are asked for; the rate is kept in the database, so that it holds over
 * replicas and restarts.
 *
 * Guarantee: at least once. A letter is marked after Kafka has acknowledged it; a crash in between sends
 * it again, with the same event id, and the group's inbox drops the second one.
 * Safe with several copies: yes, one sends at a time.
 */
@Injectable()
export class RedriveWorker extends Worker {
  private readonly producer: EventProducer;
  private readonly redriven: Instruments<typeof deskMetrics>['redriven'];

  constructor(
    @Inject(KAFKA_CLIENT) kafka: KafkaClient,
    private readonly transactor: Transactor,
    private readonly letters: SendingRepository,
    private readonly logger: Logger,
    metrics: Metrics,
    @Inject(REDRIVE_GROUPS) private readonly groups: readonly string[],
  ) {
    super({ name: 'redrive', intervalMs, backoff, logger, metrics });
    this.redriven = metrics.of(deskMetrics).redriven;
    this.producer = new EventProducer({ kafka, logger });
  }

  /** What is due of redrives of many, then some letters. @throws KafkaAway, and the driver's error where the database is away */
  override async runOnce(): Promise<NextRun> {
    await this.handOver();
    const { letters, unavailable } = await this.sendSome();
    if (unavailable !== undefined) throw new KafkaAway(unavailable);
    return letters > 0 ? 'at_once' : 'after_interval';
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

  /** In a transaction of its own: what it notes stands, whatever Kafka does. */
  private async handOver(): Promise<void> {
    await this.transactor.runSystem(handOverDeadLetters, async (tx) => {
      if (!(await this.letters.becomeSender(tx))) return;
      for (const batch of await this.letters.listOpenBatches(tx, openBatches)) await this.letters.handOver(tx, batch, this.groups);
    });
  }

  private async sendSome(): Promise<SendReport> {
    return await this.transactor.runSystem(sendDeadLetters, async (tx) => {
      if (!(await this.letters.becomeSender(tx))) return { letters: 0, unavailable: undefined };
      const requested = await this.letters.listRequested(tx, letterLimit, byteLimit);
      if (requested.length === 0) return { letters: 0, unavailable: undefined };
      const outcomes = await this.producer.publish(requested.map(redrivenMessage));
      const sent: string[] = [];
      let unavailable: string | undefined;
      for (const [position, { id, consumer_group: group }] of requested.entries()) {
        const outcome = outcomes[position];
        if (outcome?.kind === 'acknowledged') sent.push(id);
        if (outcome?.kind === 'unavailable') unavailable ??= outcome.code;
        if (outcome?.kind === 'refused') {
          await this.letters.recordRefusal(tx, id, outcome.code);
          this.redriven.add({ outcome: 'refused' });
          this.logger.error('dead letter refused by the broker', { group, code: outcome.code });
        }
      }
      if (sent.length > 0) await this.letters.markRedriven(tx, sent);
      this.redriven.add({ outcome: 'sent' }, sent.length);
      return { letters: requested.length, unavailable };
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
