import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Metrics } from '@plinth/telemetry';
import type { DatabaseOptions } from './connections.js';
import { Transactor } from './transactor.js';

/** Closes the pools last, when nothing in flight needs them any more. */
class PoolsAtShutdown implements OnApplicationShutdown {
  constructor(private readonly transactor: Transactor) {}

  async onApplicationShutdown(): Promise<void> {
    await this.transactor.close();
  }
}

/** The `Transactor` for every module of an app. */
@Module({})
export class DatabaseModule {
  /** Global, so imported once an app. Transactions are counted where the app has `Metrics`. */
  static forRoot(options: DatabaseOptions): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: Transactor, inject: [{ token: Metrics, optional: true }], useFactory: (metrics?: Metrics) => new Transactor(options, metrics) },
        { provide: PoolsAtShutdown, inject: [Transactor], useFactory: (transactor: Transactor) => new PoolsAtShutdown(transactor) },
      ],
      exports: [Transactor],
    };
  }
}
