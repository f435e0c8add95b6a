import { schemaOf } from '@plinth/contracts';
import type { Migration } from '@plinth/database';
import { idempotencyMigrations } from '@plinth/idempotency';
import { inboxMigrations } from '@plinth/kafka';
import { outboxMigrations } from '@plinth/outbox';
import { auditTrail } from './0001-audit-trail.js';
import { subjectKeys } from './0002-subject-keys.js';

export const schema = schemaOf('audit-service');

/** In the order of their application; shipped ones never change. */
export const migrations: readonly Migration[] = [
  ...outboxMigrations(schema),
  ...inboxMigrations(schema),
  ...idempotencyMigrations(schema),
  auditTrail,
  subjectKeys,
];
