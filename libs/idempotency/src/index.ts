export { ExternalCalls } from './external-calls.js';
export type { CallOutcome } from './external-claim.js';
export { IdempotencyModule } from './idempotency.module.js';
export { IdempotencyClaim } from './idempotency-claim.js';
export { idempotencyErrors } from './idempotency.errors.js';
export { IdempotencyInterceptor, type IdempotencyOptions } from './idempotency.interceptor.js';
export { Idempotent, IdempotencyOptional, idempotencyPolicyOf, type ExternalOptions, type IdempotencyPolicy, type IdempotentOptions } from './idempotent.js';
export { idempotencyMigrations } from './migrations.js';
export type { ClaimRequest } from './request-names.js';
