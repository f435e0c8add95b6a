export { CommitHint, hintChannel } from './commit-hint.js';
export { outboxMigrations } from './migrations.js';
export { maxPayloadBytes, Outbox, type NewEvent } from './outbox.js';
