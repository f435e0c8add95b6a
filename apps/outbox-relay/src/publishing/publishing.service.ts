import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { registeredEvents, services, topics } from '@plinth/contracts';
import { ensureTopicsEventually, KAFKA_CLIENT, type KafkaClient } from '@plinth/kafka';
import { Logger } from '@plinth/logging';
import { Metrics, Tracing } from '@plinth/telemetry';
import { OutboxRelayConfig } from '../config.js';
import { BacklogMetrics } from './backlog-metrics.js';
import { LeaseKeeper } from './lease-keeper.js';
import { SourceLoop } from './source-loop.js';
import { publishingPolicy } from './source-publisher.js';

/** Runs a loop for every service's outbox from the application's start to its end, and sees to the topics. */
@Injectable()
export class PublishingService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly keeper: LeaseKeeper;
  private readonly loops: readonly SourceLoop[];
  private creatingTopics: Promise<void> | undefined;

  constructor(
    config: OutboxRelayConfig,
    @Inject(KAFKA_CLIENT) private readonly kafka: KafkaClient,
    private readonly logger: Logger,
    metrics: Metrics,
    tracing: Tracing,
    backlog: BacklogMetrics,
  ) {
    this.keeper = new LeaseKeeper({ sources: services.map(({ name }) => name), databaseUrl: config.systemDatabaseUrl, logger, metrics });
    this.loops = services.map(
      ({ name, schema }) =>
        new SourceLoop({
          source: { service: name, schema },
          leases: this.keeper.leasesOf(name),
          databaseUrl: config.systemDatabaseUrl,
          kafka,
          events: registeredEvents,
          logger,
          policy: publishingPolicy,
          onMissingTopic: () => this.createTopics(),
          metrics,
          tracing,
          onBatch: (report) => backlog.ran(name, report),
        }),
    );
  }

  /** Neither PostgreSQL nor Kafka has to be there: the loops wait for both. */
  onApplicationBootstrap(): void {
    this.createTopics();
    this.keeper.start();
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.creatingTopics, ...this.loops.map((loop) => loop.stop())]);
    await this.keeper.stop();
  }

  private createTopics(): void {
    let failures = 0;
    this.creatingTopics ??= ensureTopicsEventually(this.kafka, topics, this.stopping.signal, (error) => {
      if (++failures === 1) this.logger.error('topics cannot be created, trying again', { error });
    }).finally(() => (this.creatingTopics = undefined));
  }
}
