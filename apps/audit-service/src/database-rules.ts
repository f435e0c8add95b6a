import { databaseRules as rulesOf } from '@plinth/database';
import { idempotencyRules } from '@plinth/idempotency';
import { inboxRules } from '@plinth/kafka';
import { outboxRules } from '@plinth/outbox';
import { schema } from './migrations/index.js';

/** What holds of this service's schema beside the rule that a tenant sees its own rows (ADR 0010). */
export const databaseRules = rulesOf(schema, outboxRules, inboxRules, idempotencyRules, {
  systemQueries: {
    append_audit_entries: 'a batch of Kafka holds entries of many tenants',
    moved_audit_rows: 'verification looks for rows of a tenant in the logs of others',
  },
  systemRights: {
    chain_head: ['INSERT', 'SELECT', 'UPDATE (hash, key_id, signature, size, updated_at)'],
    entry: ['INSERT', 'SELECT'],
    leaf: ['INSERT', 'SELECT'],
  },
});
