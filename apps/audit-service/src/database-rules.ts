import { databaseRules as rulesOf } from '@plinth/database';
import { idempotencyRules } from '@plinth/idempotency';
import { inboxRules } from '@plinth/kafka';
import { outboxRules } from '@plinth/outbox';
import { schema } from './migrations/index.js';

/** What holds of this service's schema beside the rule that a tenant sees its own rows (ADR 0010). */
export const databaseRules = rulesOf(schema, outboxRules, inboxRules, idempotencyRules, {
  tables: {
    subject_erasure: { readBy: 'nobody', because: 'who was erased, over all logs; what is written to any of them is held against it' },
  },
  systemQueries: {
    append_audit_entries: 'a batch of Kafka holds entries of many tenants',
    erasure_of_trail: 'a certificate speaks of all logs in which the person stands, and tenant-service looks for erasures that it has forgotten',
    logs_of_person: 'a person who asks for a copy of what is stored of them stands in the logs of many tenants',
    moved_audit_rows: 'verification looks for rows of a tenant in the logs of others',
  },
  systemRights: {
    chain_head: ['INSERT', 'SELECT', 'UPDATE (hash, key_id, signature, size, updated_at)'],
    entry: ['INSERT', 'SELECT'],
    leaf: ['INSERT', 'SELECT'],
    subject_erasure: ['INSERT', 'SELECT'],
    subject_key: ['INSERT', 'SELECT', 'UPDATE (destroyed_at, wrapped)'],
  },
});
