import { Module, type DynamicModule } from '@nestjs/common';
import { Logger } from './logger.js';

/** The app's `Logger` for every module. */
@Module({})
export class LoggingModule {
  /** Global, so imported once an app, with the logger that the process began with. */
  static forRoot(logger: Logger): DynamicModule {
    return { module: LoggingModule, global: true, providers: [{ provide: Logger, useValue: logger }], exports: [Logger] };
  }
}
