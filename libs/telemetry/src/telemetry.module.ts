import { Module, type DynamicModule } from '@nestjs/common';
import { Metrics } from './metrics.js';
import { Tracing, type TraceExport } from './tracing.js';

/** The app's `Metrics` and `Tracing` for every module. The route that shows the metrics is libs/service's. */
@Module({})
export class TelemetryModule {
  /**
   * @param service its name, on every metric and every span
   * @param traces where spans go; without it none are made
   */
  static forRoot(service: string, traces?: TraceExport): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      providers: [
        { provide: Metrics, useFactory: () => new Metrics(service) },
        { provide: Tracing, useFactory: () => (traces === undefined ? new Tracing() : Tracing.create(service, traces)) },
      ],
      exports: [Metrics, Tracing],
    };
  }
}
