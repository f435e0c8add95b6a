import { columns, type SchemaData } from './table-data.js';

/** What every service has: the log of its migrations and its outbox (libs/database, libs/outbox). */
export const ownTables: SchemaData = {
  schema_migration: { impersonal: { 'which migrations were applied': columns('name checksum applied_at') } },
  event_outbox: {
    personal: { events: columns('payload aggregate_id') },
    impersonal: {
      'what kind of event it is, and whose tenant’s': columns('id event_type event_version aggregate_type tenant_id created_at traceparent'),
      'how far its publishing is; errors by class and code': columns('processed_at processing_attempts last_error status next_attempt_at skipped_at sequence partition aggregate_version turn_id'),
    },
  },
  outbox_aggregate: {
    personal: { events: columns('aggregate_id') },
    impersonal: { 'numbers the events': columns('aggregate_type version turn_id') },
  },
};

/** Of a service that answers keyed requests (libs/idempotency). */
export const idempotencyTables: SchemaData = {
  idempotency_record: {
    personal: { repeats: columns('answer fingerprint') },
    impersonal: { 'hashes of random keys, and times': columns('key_hash salt created_at expires_at leased_until') },
  },
};

/** Of a service that reads events (libs/kafka). */
export const inboxTables: SchemaData = {
  inbox: { impersonal: { 'ids of events that were handled, and their places in Kafka': columns('consumer_group event_id topic partition offset received_at source event_time') } },
};
