import { Module, type DynamicModule } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { IdempotencyInterceptor, type IdempotencyOptions } from './idempotency.interceptor.js';

/** Every mutating route of the app takes an `Idempotency-Key`. */
@Module({})
export class IdempotencyModule {
  static forRoot(options: IdempotencyOptions): DynamicModule {
    return {
      module: IdempotencyModule,
      providers: [{ provide: APP_INTERCEPTOR, useFactory: () => new IdempotencyInterceptor(options) }],
    };
  }
}
