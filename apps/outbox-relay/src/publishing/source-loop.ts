import type { EventSchemas } from '@plinth/contracts';
import { DatabaseSession } from '@plinth/database';
import { EventProducer, type KafkaClient } from '@plinth/kafka';
import { backoffDelayMs } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import { hintChannel } from '@plinth/outbox';
import { OutboxTable } from './outbox-table.js';
import { SourcePublisher, type OutboxSource, type PublishingPolicy, type RunReport } from './source-publisher.js';
import { WakeSignal } from './wake-signal.js';

export interface SourceLoopOptions {
  readonly source: OutboxSource;
  /** Of the role that may read and mark the outbox. Session locks need a direct connection, not a pooler's. */
  readonly databaseUrl: string;
  readonly kafka: KafkaClient;
  readonly events: EventSchemas;
  readonly logger: Logger;
  readonly policy: PublishingPolicy;
  /** Called when a topic is missing; its events wait meanwhile. */
  readonly onMissingTopic: () => void;
  /** Called after each run, with what it did. */
  readonly onRun?: (report: RunReport) => void;
  /** Without a hint the outbox is looked at this often, in milliseconds. */
  readonly pollIntervalMs?: number;
}

const defaultPollIntervalMs = 100;
// How often a standby asks for the lock: the longest part of a take-over.
const standbyIntervalMs = 500;
const outageBackoff = { baseMs: 100, capMs: 1000 };

/**
 * Keeps one outbox published.
 *
 * Guarantee: of all replicas one publishes a source, whoever holds its session lock; when that one's
 * connection ends, another takes over within a second. What both sent around that moment are
 * duplicates with the same ids. Outlives outages of PostgreSQL and Kafka; each is logged once.
 * Limits: a publisher whose machine vanishes is replaced after the server's keep-alive, about 6 s.
 */
export class SourceLoop {
  private readonly stopping = new AbortController();
  private readonly wakeSignal = new WakeSignal();
  private readonly producer: EventProducer;
  private finished: Promise<void> = Promise.resolve();
  private holdsLock = false;
  private brokerFailures = 0;

  constructor(private readonly options: SourceLoopOptions) {
    // One producer a source: what the broker refuses of one must not delay another.
    this.producer = new EventProducer({ kafka: options.kafka, logger: options.logger });
    this.stopping.signal.addEventListener('abort', () => this.wakeSignal.wake(), { once: true });
  }

  /** Whether this replica is the source's publisher. */
  get leading(): boolean {
    return this.holdsLock;
  }

  start(): void {
    this.finished = this.keepPublishing();
  }

  /** Finishes the batch in hand, then frees the lock for another replica. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.finished;
    await this.producer.close();
  }

  private async keepPublishing(): Promise<void> {
    const { logger, source } = this.options;
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      try {
        await this.publishOverOneSession(() => {
          if (failures > 0) logger.info('outbox can be read again', { schema: source.schema });
          failures = 0;
        });
      } catch (error) {
        failures += 1;
        if (failures === 1) logger.error('outbox cannot be read, trying again', { schema: source.schema, error });
        await this.wakeSignal.wait(backoffDelayMs(failures, outageBackoff));
      }
    }
  }

  /** From a connection's begin to its end. @throws the driver's error when it breaks or a query fails */
  private async publishOverOneSession(onWorking: () => void): Promise<void> {
    const { source, databaseUrl, ...shared } = this.options;
    const session = await DatabaseSession.open(databaseUrl, { applicationName: `outbox-relay ${source.schema}` });
    session.lost.addEventListener('abort', () => this.wakeSignal.wake(), { once: true });
    const ended = AbortSignal.any([this.stopping.signal, session.lost]);
    try {
      if (!(await this.becomePublisher(session, ended))) return;
      await session.listen(hintChannel, (schema) => {
        if (schema === source.schema) this.wakeSignal.wake();
      });
      const table = new OutboxTable(session, source.schema);
      await table.prepare();
      const publisher = new SourcePublisher({ ...shared, source, table, producer: this.producer });
      while (!ended.aborted) {
        const report = await publisher.runOnce(ended);
        onWorking();
        this.options.onRun?.(report);
        await this.pauseAfter(report);
      }
    } finally {
      this.holdsLock = false;
      await session.close();
    }
  }

  /** @returns false when the session or the loop ended first */
  private async becomePublisher(session: DatabaseSession, ended: AbortSignal): Promise<boolean> {
    const { logger, source } = this.options;
    while (!ended.aborted) {
      if (await session.tryLock(`plinth.outbox-relay.${source.schema}`)) {
        this.holdsLock = true;
        logger.info('publishing the outbox', { schema: source.schema });
        return true;
      }
      await this.wakeSignal.wait(standbyIntervalMs);
    }
    return false;
  }

  private async pauseAfter(report: RunReport): Promise<void> {
    const { logger, source, onMissingTopic, pollIntervalMs = defaultPollIntervalMs } = this.options;
    if (report.unavailable !== undefined) {
      this.brokerFailures += 1;
      if (this.brokerFailures === 1) logger.error('events wait, the broker does not take them', { schema: source.schema, code: report.unavailable });
      if (report.unavailable === 'UNKNOWN_TOPIC_OR_PARTITION') onMissingTopic();
      // Hints go on coming while writes do; they must not turn the back-off into a hammer.
      await this.waitAtLeast(backoffDelayMs(this.brokerFailures, outageBackoff));
      return;
    }
    if (report.published > 0 && this.brokerFailures > 0) {
      logger.info('the broker takes events again', { schema: source.schema });
      this.brokerFailures = 0;
    }
    if (!report.full) await this.wakeSignal.wait(pollIntervalMs);
  }

  private async waitAtLeast(delayMs: number): Promise<void> {
    const endsAt = performance.now() + delayMs;
    for (let left = delayMs; left > 0 && !this.stopping.signal.aborted; left = endsAt - performance.now()) await this.wakeSignal.wait(left);
  }
}
