export { AuditTrail, type AuditOrigin, type AuditRecord } from './audit-trail.js';
export {
  countConsumer,
  countOutbox,
  declaredConsumers,
  listMissing,
  listSurplus,
  listWaiting,
  type BrokenId,
  type Consumer,
  type ConsumerFlow,
  type OutboxFlow,
  type SurplusId,
  type TimeWindow,
} from './conservation.js';
export { CommitHint, hintChannel } from './commit-hint.js';
export { outboxRules } from './database-rules.js';
export { outboxMetrics } from './metrics.js';
export { outboxMigrations } from './migrations.js';
export { outboxErrors } from './outbox.errors.js';
export { OutboxModule } from './outbox.module.js';
export { maxPayloadBytes, Outbox, type NewEvent } from './outbox.js';
export { platformTurn } from './turns-migration.js';
