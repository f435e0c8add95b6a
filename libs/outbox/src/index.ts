export { AuditTrail, type AuditOrigin, type AuditRecord } from './audit-trail.js';
export { CommitHint, hintChannel } from './commit-hint.js';
export { outboxRules } from './database-rules.js';
export { outboxMetrics } from './metrics.js';
export { outboxMigrations } from './migrations.js';
export { outboxErrors } from './outbox.errors.js';
export { OutboxModule } from './outbox.module.js';
export { maxPayloadBytes, Outbox, type NewEvent } from './outbox.js';
export { platformTurn } from './turns-migration.js';
