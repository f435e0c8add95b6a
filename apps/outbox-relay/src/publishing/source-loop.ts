import type { EventSchemas } from '@plinth/contracts';
import { DatabaseSession } from '@plinth/database';
import { EventProducer, type KafkaClient } from '@plinth/kafka';
import { backoffDelayMs } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import { hintChannel } from '@plinth/outbox';
import type { Metrics } from '@plinth/telemetry';
import { Outage, Worker, type NextRun } from '@plinth/worker';
import { OutboxTable } from './outbox-table.js';
import { SourcePublisher, type OutboxSource, type PublishingPolicy, type RunReport } from './source-publisher.js';

export interface SourceLoopOptions {
  readonly source: OutboxSource;
  /** Of the role that may read and mark the outbox. Session locks need a direct connection, not a pooler's. */
  readonly databaseUrl: string;
  readonly kafka: KafkaClient;
  readonly events: EventSchemas;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly policy: PublishingPolicy;
  /** Called when a topic is missing; its events wait meanwhile. */
  readonly onMissingTopic: () => void;
  /** Called after each batch, with what it did. */
  readonly onBatch?: (report: RunReport) => void;
  /** Without a hint the outbox is looked at this often, in milliseconds. */
  readonly pollIntervalMs?: number;
}

const defaultPollIntervalMs = 100;
// How often a standby asks for the lock: the longest part of a take-over.
const standbyIntervalMs = 500;
const outageBackoff = { baseMs: 100, capMs: 1000 };

/** The connection that holds the source's lock, or asks for it. */
interface Post {
  readonly session: DatabaseSession;
  /** Aborted with the session, and when the loop stops. */
  readonly ended: AbortSignal;
  /** Once this replica is the source's publisher. */
  publisher: SourcePublisher | undefined;
}

/**
 * Keeps one outbox published.
 *
 * Guarantee: of all replicas one publishes a source, whoever holds its session lock; when that one's
 * connection ends, another takes over within a second. What both sent around that moment are
 * duplicates with the same ids. Outlives outages of PostgreSQL and Kafka; each is logged once.
 * Limits: a publisher whose machine vanishes is replaced after the server's keep-alive, about 6 s.
 */
export class SourceLoop extends Worker {
  private readonly producer: EventProducer;
  private readonly brokerOutage: Outage;
  private post: Post | undefined;

  constructor(private readonly options: SourceLoopOptions) {
    const { source, logger, metrics, pollIntervalMs = defaultPollIntervalMs } = options;
    super({ name: `outbox of ${source.service}`, intervalMs: pollIntervalMs, backoff: outageBackoff, logger, metrics });
    // One producer a source: what the broker refuses of one must not delay another.
    this.producer = new EventProducer({ kafka: options.kafka, logger });
    this.brokerOutage = new Outage({
      begins: (code) => logger.error('events wait, the broker does not take them', { schema: source.schema, code: String(code) }),
      ends: () => logger.info('the broker takes events again', { schema: source.schema }),
    });
  }

  /** Whether this replica is the source's publisher. */
  get leading(): boolean {
    return this.post?.publisher !== undefined && !this.post.session.lost.aborted;
  }

  /** One batch, or one try to become the publisher. @throws the driver's error when the connection breaks or a query fails */
  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    if (this.post?.session.lost.aborted === true) await this.leavePost();
    try {
      this.post ??= await this.openPost(signal);
      this.post.publisher ??= await this.becomePublisher(this.post.session);
      if (this.post.publisher === undefined) return { afterMs: standbyIntervalMs };
      const report = await this.post.publisher.runOnce(this.post.ended);
      this.options.onBatch?.(report);
      return this.nextAfter(report);
    } catch (error) {
      // With its session ends the lock; whatever failed, the next run begins with a fresh one.
      await this.leavePost();
      throw error;
    }
  }

  /** Frees the lock for another replica. */
  protected override async release(): Promise<void> {
    await this.leavePost();
    await this.producer.close();
  }

  protected override tellOutage(error: unknown): void {
    this.options.logger.error('outbox cannot be read, trying again', { schema: this.options.source.schema, error });
  }

  protected override tellRecovery(): void {
    this.options.logger.info('outbox can be read again', { schema: this.options.source.schema });
  }

  private async openPost(stopping: AbortSignal): Promise<Post> {
    const { source, databaseUrl } = this.options;
    const session = await DatabaseSession.open(databaseUrl, { applicationName: `outbox-relay ${source.schema}` });
    session.lost.addEventListener('abort', () => this.wake(), { once: true });
    return { session, ended: AbortSignal.any([stopping, session.lost]), publisher: undefined };
  }

  private async leavePost(): Promise<void> {
    const session = this.post?.session;
    this.post = undefined;
    await session?.close();
  }

  /** @returns undefined while another replica holds the lock */
  private async becomePublisher(session: DatabaseSession): Promise<SourcePublisher | undefined> {
    const { source, ...shared } = this.options;
    if (!(await session.tryLock(`plinth.outbox-relay.${source.schema}`))) return undefined;
    shared.logger.info('publishing the outbox', { schema: source.schema });
    await session.listen(hintChannel, (schema) => {
      if (schema === source.schema) this.wake();
    });
    const table = new OutboxTable(session, source.schema);
    await table.prepare();
    return new SourcePublisher({ ...shared, source, table, producer: this.producer });
  }

  private nextAfter({ unavailable, published, full }: RunReport): NextRun {
    if (unavailable !== undefined) {
      const failures = this.brokerOutage.failed(unavailable);
      if (unavailable === 'UNKNOWN_TOPIC_OR_PARTITION') this.options.onMissingTopic();
      // Hints go on coming while writes do; they must not turn the back-off into a hammer.
      return { afterMs: backoffDelayMs(failures, outageBackoff) };
    }
    if (published > 0) this.brokerOutage.over();
    return full ? 'at_once' : 'after_interval';
  }
}
