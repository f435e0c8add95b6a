import { Module, type DynamicModule } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Transactor } from '@plinth/database';
import { ExternalCalls } from './external-calls.js';
import { IdempotencyInterceptor, type IdempotencyOptions } from './idempotency.interceptor.js';

/** Every mutating route of the app takes an `Idempotency-Key`; `ExternalCalls` for every module of the app. */
@Module({})
export class IdempotencyModule {
  static forRoot(options: IdempotencyOptions): DynamicModule {
    return {
      module: IdempotencyModule,
      global: true,
      providers: [
        { provide: APP_INTERCEPTOR, useFactory: () => new IdempotencyInterceptor(options) },
        { provide: ExternalCalls, inject: [Transactor], useFactory: (transactor: Transactor) => new ExternalCalls(transactor) },
      ],
      exports: [ExternalCalls],
    };
  }
}
