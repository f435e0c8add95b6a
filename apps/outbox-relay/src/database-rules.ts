import { databaseRules as rulesOf } from '@plinth/database';
import { idempotencyRules } from '@plinth/idempotency';
import { outboxRules } from '@plinth/outbox';
import { schema } from './migrations/index.js';

/** What holds of this service's schema beside the rule that a tenant sees its own rows (ADR 0010). */
export const databaseRules = rulesOf(schema, outboxRules, idempotencyRules, {
  tables: {
    dead_letter: { readBy: 'operators', because: 'what nobody can decode belongs to no tenant that we know of; tenant_id is what the message claims' },
    lease: { readBy: 'nobody', because: 'which replica publishes which part of which outbox' },
    replica: { readBy: 'nobody', because: 'which replicas of the relay there are' },
  },
  systemQueries: {
    count_outboxes: 'counts of every service’s outbox',
    outbox_backlog: 'counts of every service’s outbox',
    take_in_dead_letter: 'letters of all tenants come from Kafka',
    count_dead_letters: 'counts of all tenants’ letters',
    send_dead_letters: 'letters of all tenants go back to Kafka',
  },
  systemRights: {
    dead_letter: ['INSERT', 'SELECT', 'UPDATE (redrive_error, redrive_requested_at, redrive_requested_by, redriven_at, redriven_by, replay_count, status)'],
    lease: ['INSERT', 'SELECT', 'UPDATE'],
    replica: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  },
});
