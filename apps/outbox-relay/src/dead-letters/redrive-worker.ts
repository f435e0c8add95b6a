import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { EventProducer, KAFKA_CLIENT, type KafkaClient } from '@plinth/kafka';
import { backoffDelayMs } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { WakeSignal } from '../publishing/wake-signal.js';
import { DeadLettersRepository } from './dead-letters.repository.js';
import { redrivenMessage } from './redriven-message.js';

/** The name of the transaction that sends letters of all tenants, and of none. */
const sendDeadLetters = 'send_dead_letters';

// A request of this process wakes the worker; one of another replica, or of before a crash, waits this long.
const pollIntervalMs = 500;
// Letters may be of 1 MiB each.
const batchSize = 20;
const outageBackoff = { baseMs: 100, capMs: 2000 };

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
 */
@Injectable()
export class RedriveWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly wakeSignal = new WakeSignal();
  private readonly producer: EventProducer;
  private finished: Promise<void> = Promise.resolve();

  constructor(
    @Inject(KAFKA_CLIENT) kafka: KafkaClient,
    private readonly transactor: Transactor,
    private readonly letters: DeadLettersRepository,
    private readonly logger: Logger,
  ) {
    this.producer = new EventProducer({ kafka, logger });
  }

  onApplicationBootstrap(): void {
    this.finished = this.keepSending();
  }

  /** Finishes and marks the letters in hand. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.finished;
    await this.producer.close();
  }

  /** A hint that there is something to send. */
  wake(): void {
    this.wakeSignal.wake();
  }

  private async keepSending(): Promise<void> {
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      const failure = await this.sendOnce();
      if (failure === undefined) {
        if (failures > 0) this.logger.info('dead letters can be sent again');
        failures = 0;
        continue;
      }
      failures += 1;
      if (failures === 1) this.logger.error('dead letters cannot be sent, trying again', failure);
      await this.wakeSignal.wait(backoffDelayMs(failures, outageBackoff));
    }
  }

  /** One batch, and the wait for the next where nothing is left. @returns what failed, for the log */
  private async sendOnce(): Promise<{ code?: string; error?: unknown } | undefined> {
    try {
      const { full, unavailable } = await this.sendBatch();
      if (unavailable !== undefined) return { code: unavailable };
      if (!full) await this.wakeSignal.wait(pollIntervalMs);
      return undefined;
    } catch (error) {
      return { error };
    }
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
