import type { EventSchemas } from '@plinth/contracts';
import { DatabaseSession } from '@plinth/database';
import { EventProducer, type KafkaClient } from '@plinth/kafka';
import { backoffDelayMs } from '@plinth/kernel';
import type { Logger } from '@plinth/logging';
import { hintChannel } from '@plinth/outbox';
import type { Metrics, Tracing } from '@plinth/telemetry';
import { Outage, Worker, type NextRun } from '@plinth/worker';
import { EventReader } from './event-reader.js';
import type { SourceLeases } from './lease-keeper.js';
import { OutboxTable } from './outbox-table.js';
import { SourcePublisher, type OutboxSource, type PublishingPolicy, type RunReport } from './source-publisher.js';

export interface SourceLoopOptions {
  readonly source: OutboxSource;
  /** This replica's part of the source. */
  readonly leases: SourceLeases;
  /** Of the role that may read and mark the outbox; LISTEN needs a direct connection, not a pooler's. */
  readonly databaseUrl: string;
  readonly kafka: KafkaClient;
  readonly events: EventSchemas;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
  readonly policy: PublishingPolicy;
  /** Called when a topic is missing; its events wait meanwhile. */
  readonly onMissingTopic: () => void;
  /** Called after each batch, with what it did. */
  readonly onBatch?: (report: RunReport) => void;
  /** Without a hint the outbox is looked at this often, in milliseconds. */
  readonly pollIntervalMs?: number;
}

const defaultPollIntervalMs = 100;
// How soon a loop without a lease sees that it has one.
const leaseLookMs = 100;
const outageBackoff = { baseMs: 100, capMs: 1000 };

/** The connection that the outbox is read over. */
interface Post {
  readonly session: DatabaseSession;
  readonly table: OutboxTable;
  /** Aborted with the session, and when the loop stops. */
  readonly ended: AbortSignal;
}

/** The partitions that are worked on, and by whom: another lease, another publisher. */
interface Assignment {
  readonly partitions: readonly number[];
  readonly publisher: SourcePublisher;
}

/**
 * Keeps this replica's partitions of one outbox published.
 *
 * Guarantee: what the replica has no lease for it does not send; a lease is let go when all that was sent under it is
 * marked. Outlives outages of PostgreSQL and Kafka; each is logged once.
 * Safe with several copies: yes, they share the partitions (`LeaseKeeper`).
 */
export class SourceLoop extends Worker {
  private readonly producer: EventProducer;
  private readonly brokerOutage: Outage;
  private post: Post | undefined;
  private assignment: Assignment | undefined;

  constructor(private readonly options: SourceLoopOptions) {
    const { source, logger, metrics, pollIntervalMs = defaultPollIntervalMs } = options;
    super({ name: `outbox of ${source.service}`, intervalMs: pollIntervalMs, backoff: outageBackoff, logger, metrics });
    // One producer a source: what the broker refuses of one must not delay another.
    this.producer = new EventProducer({ kafka: options.kafka, logger, tracing: options.tracing });
    this.brokerOutage = new Outage({
      begins: (code) => logger.error('events wait, the broker does not take them', { schema: source.schema, code: String(code) }),
      ends: () => logger.info('the broker takes events again', { schema: source.schema }),
    });
  }

  /** One batch. @throws the driver's error when the connection breaks or a query fails */
  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    if (this.post?.session.lost.aborted === true) await this.leavePost();
    try {
      this.post ??= await this.openPost(signal);
      const publisher = await this.publisherOver(this.post);
      if (publisher === undefined) return { afterMs: leaseLookMs };
      const report = await publisher.runOnce(this.post.ended);
      this.options.onBatch?.(report);
      return this.nextAfter(report);
    } catch (error) {
      // Whatever was in hand is not any more: the next run begins with the outbox, over a fresh connection.
      await this.leavePost();
      throw error;
    }
  }

  /** Ends with everything that was sent marked, where the database answers; else it is sent again by the next replica. */
  protected override async release(): Promise<void> {
    await this.assignment?.publisher.settle().catch((error: unknown) => {
      this.options.logger.warn('what was published last could not be marked', { schema: this.options.source.schema, error });
    });
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
    const table = new OutboxTable(session, source.schema);
    const post = { session, table, ended: AbortSignal.any([stopping, session.lost]) };
    try {
      await session.listen(hintChannel, (schema) => {
        if (schema === source.schema) this.wake();
      });
      await table.prepare();
    } catch (error) {
      await session.close();
      throw error;
    }
    return post;
  }

  private async leavePost(): Promise<void> {
    const session = this.post?.session;
    this.post = undefined;
    this.assignment = undefined;
    this.options.leases.use([]);
    await session?.close();
  }

  /** The publisher of what is leased now; undefined while nothing is. */
  private async publisherOver({ table }: Post): Promise<SourcePublisher | undefined> {
    const { leases, policy, ...shared } = this.options;
    const partitions = leases.wanted();
    if (this.assignment?.partitions !== partitions) {
      await this.assignment?.publisher.settle();
      const reader = new EventReader(table, partitions, policy);
      const publisher = new SourcePublisher({ ...shared, policy, table, reader, producer: this.producer, maySend: () => leases.maySend() });
      this.assignment = { partitions, publisher };
      leases.use(partitions);
    }
    return partitions.length === 0 ? undefined : this.assignment.publisher;
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
