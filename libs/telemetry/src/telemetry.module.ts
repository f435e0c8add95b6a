import { Module, type DynamicModule } from '@nestjs/common';
import { Metrics } from './metrics.js';

/** The app's `Metrics` for every module. The route that shows them is libs/service's. */
@Module({})
export class TelemetryModule {
  static forRoot(service: string): DynamicModule {
    return { module: TelemetryModule, global: true, providers: [{ provide: Metrics, useFactory: () => new Metrics(service) }], exports: [Metrics] };
  }
}
