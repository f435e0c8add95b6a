import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Logger } from '@plinth/logging';
import { createKafka, type KafkaClient } from './kafka-client.js';
import { KafkaProbe } from './kafka-probe.js';

/** Where Kafka is (`host:port`), and as whom the app connects. */
export interface KafkaModuleOptions {
  readonly brokers: readonly string[];
  /** The service's name. */
  readonly clientId: string;
}

/** Token of the app's `KafkaClient`, which is an interface of a library that no app imports. */
export const KAFKA_CLIENT = Symbol('plinth:kafka-client');

class ProbeAtShutdown implements OnApplicationShutdown {
  constructor(private readonly probe: KafkaProbe) {}

  async onApplicationShutdown(): Promise<void> {
    await this.probe.close();
  }
}

/** The app's Kafka client and its probe, for every module. Nothing connects before it is used. */
@Module({})
export class KafkaModule {
  /** Global, so imported once an app. The probe's connection ends with the app. */
  static forRoot(options: KafkaModuleOptions): DynamicModule {
    return {
      module: KafkaModule,
      global: true,
      providers: [
        { provide: KAFKA_CLIENT, inject: [Logger], useFactory: (logger: Logger): KafkaClient => createKafka({ ...options, logger }) },
        { provide: KafkaProbe, inject: [KAFKA_CLIENT], useFactory: (kafka: KafkaClient) => new KafkaProbe(kafka) },
        { provide: ProbeAtShutdown, inject: [KafkaProbe], useFactory: (probe: KafkaProbe) => new ProbeAtShutdown(probe) },
      ],
      exports: [KAFKA_CLIENT, KafkaProbe],
    };
  }
}
