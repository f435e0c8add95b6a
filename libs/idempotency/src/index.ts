export { IdempotencyModule } from './idempotency.module.js';
export { IdempotencyClaim, type ClaimRequest } from './idempotency-claim.js';
export { IdempotencyInterceptor, type IdempotencyOptions } from './idempotency.interceptor.js';
export { Idempotent, IdempotencyOptional, idempotencyPolicyOf, type IdempotencyPolicy } from './idempotent.js';
export { idempotencyMigrations } from './migrations.js';
