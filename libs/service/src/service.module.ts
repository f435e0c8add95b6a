import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, type ConfigValues, type serviceFields } from '@plinth/config';
import { schemaOf, type ServiceName } from '@plinth/contracts';
import { DatabaseModule, Transactor, type EntityList } from '@plinth/database';
import { HealthModule, type HealthModuleOptions } from '@plinth/health';
import { KafkaModule, KafkaProbe } from '@plinth/kafka';
import { LoggingModule, type Logger } from '@plinth/logging';
import { OutboxModule } from '@plinth/outbox';
import { TelemetryModule, type TraceExport } from '@plinth/telemetry';
import { MetricsController } from './metrics.controller.js';

/** What differs from one service to another. */
export interface ServiceOptions {
  readonly name: ServiceName;
  readonly config: ConfigValues<typeof serviceFields>;
  readonly logger: Logger;
  readonly entities?: EntityList;
  /** Where the service leans on more than its database (which it cannot serve without) and Kafka (which it can). */
  readonly health?: HealthModuleOptions;
}

/** What every service has: its configuration, log, metrics, database, outbox, Kafka client and probes, for all its modules. */
@Module({})
export class ServiceModule {
  /** Once, in the root module of a service. */
  static for({ name, config, logger, entities, health }: ServiceOptions): DynamicModule {
    return {
      module: ServiceModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule.forRoot(logger),
        TelemetryModule.forRoot(name, tracesTo(config.otlpEndpoint, logger)),
        DatabaseModule.forRoot({
          appDatabaseUrl: config.appDatabaseUrl,
          systemDatabaseUrl: config.systemDatabaseUrl,
          poolSize: config.databasePoolSize,
          applicationName: name,
          ...(entities === undefined ? {} : { entities }),
        }),
        KafkaModule.forRoot({ brokers: config.kafkaBrokers, clientId: name }),
        OutboxModule.forRoot(schemaOf(name)),
        HealthModule.forRoot(health ?? databaseAndKafka),
      ],
      controllers: [MetricsController],
    };
  }
}

function tracesTo(endpoint: string, logger: Logger): TraceExport {
  return {
    endpoint,
    onOutage: (error) => logger.warn('traces cannot be sent, they are dropped', { error }),
    onRecovery: () => logger.info('traces can be sent again'),
  };
}

const databaseAndKafka: HealthModuleOptions = {
  inject: [Transactor, KafkaProbe],
  useFactory: (transactor: Transactor, kafka: KafkaProbe) => [
    { name: 'database', essential: true, check: () => transactor.ping() },
    // Events wait, in the outboxes and in Kafka: nothing is lost, and a restart would mend nothing.
    { name: 'kafka', essential: false, check: () => kafka.requireUp() },
  ],
};
