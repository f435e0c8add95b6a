import { databaseRules as rulesOf } from '@plinth/database';
import { idempotencyRules } from '@plinth/idempotency';
import { outboxRules } from '@plinth/outbox';
import { schema } from './migrations/index.js';

/** What holds of this service's schema beside the rule that a tenant sees its own rows (ADR 0010). */
export const databaseRules = rulesOf(schema, outboxRules, idempotencyRules);
