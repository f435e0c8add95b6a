import { databaseRules as rulesOf } from '@plinth/database';
import { idempotencyRules } from '@plinth/idempotency';
import { outboxRules } from '@plinth/outbox';
import { schema } from './migrations/index.js';

/** What holds of this service's schema beside the rule that a tenant sees its own rows (ADR 0010). */
export const databaseRules = rulesOf(schema, outboxRules, idempotencyRules, {
  tables: {
    conservation: { readBy: 'nobody', because: 'counts by minute, of all tenants together' },
    conservation_mark: { readBy: 'nobody', because: 'how far those counts are' },
    consumer_start: { readBy: 'nobody', because: 'since when events are a consumer group’s' },
    dead_letter: { readBy: 'operators', because: 'what nobody can decode belongs to no tenant that we know of; tenant_id is what the message claims' },
    event_decision: { readBy: 'operators', because: 'events of all tenants, and of none; ids, and an operator’s reason' },
    redrive_batch: { readBy: 'operators', because: 'operators redrive letters of all tenants, and of none' },
    dead_letter_archive: { readBy: 'everyone', because: 'counts of letters by names, without a tenant; the routes are operators’' },
    purged_place: { readBy: 'nobody', because: 'up to which place of Kafka letters are archived' },
    lease: { readBy: 'nobody', because: 'which replica publishes which part of which outbox' },
    replica: { readBy: 'nobody', because: 'which replicas of the relay there are' },
  },
  systemQueries: {
    count_outboxes: 'counts of every service’s outbox',
    outbox_backlog: 'counts of every service’s outbox',
    check_conservation: 'what was told, and what became of it, is of all tenants',
    read_conservation: 'counts of all tenants together, and ids of events',
    list_held_events: 'events of all tenants stand in the outboxes',
    carry_out_decisions: 'events of all tenants stand in the outboxes',
    take_in_dead_letter: 'letters of all tenants come from Kafka',
    count_dead_letters: 'counts of all tenants’ letters',
    hand_over_dead_letters: 'a redrive takes letters of all tenants',
    send_dead_letters: 'letters of all tenants go back to Kafka',
    follow_dead_letters: 'letters of all tenants are looked for in the inboxes of their groups',
  },
  systemRights: {
    dead_letter: ['INSERT', 'SELECT', 'UPDATE (processed_at, redrive_batch_id, redrive_error, redrive_requested_at, redrive_requested_by, redriven_at, redriven_by, replay_count, status, superseded_by)'],
    redrive_batch: ['SELECT', 'UPDATE (ended_at, failed_again, paced_at, position, processed, refused, requested, sent)'],
    purged_place: ['SELECT'],
    conservation: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
    conservation_mark: ['INSERT', 'SELECT', 'UPDATE'],
    consumer_start: ['INSERT', 'SELECT'],
    event_decision: ['SELECT', 'UPDATE (ended_at, outcome)'],
    lease: ['INSERT', 'SELECT', 'UPDATE'],
    replica: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  },
});
