import { Module, type DynamicModule } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Transactor } from '@plinth/database';
import { ExternalCalls } from './external-calls.js';
import { IdempotencyInterceptor, type IdempotencyOptions } from './idempotency.interceptor.js';

/** Every mutating route of the app takes an `Idempotency-Key`; `ExternalCalls` for every module of the app. */
@Module({})
export class IdempotencyModule {
  /** Global, so imported once an app, which does not start without a secret. */
  static forRoot(options: IdempotencyOptions): DynamicModule {
    return {
      module: IdempotencyModule,
      global: true,
      providers: [
        { provide: IdempotencyInterceptor, useFactory: () => new IdempotencyInterceptor(options) },
        // By its class, so that the module graph tells which interceptor stands before every route.
        { provide: APP_INTERCEPTOR, useExisting: IdempotencyInterceptor },
        { provide: ExternalCalls, inject: [Transactor], useFactory: (transactor: Transactor) => new ExternalCalls(transactor) },
      ],
      exports: [ExternalCalls],
    };
  }
}
