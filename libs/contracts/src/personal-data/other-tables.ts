import { columns, type SchemaData } from './table-data.js';

export const auditTables: SchemaData = {
  entry: {
    personal: { auditTrail: columns('occurred_at actor_type actor_id action resource_type resource_id outcome request_id trace_id reason before after personal') },
    impersonal: { 'where the entry stands in its tenant’s log': columns('tenant_id sequence id') },
  },
  leaf: { impersonal: { 'hashes, in which personal values stand as salted commitments': columns('tenant_id sequence id occurred_at content_hash previous_hash hash') } },
  subject_key: {
    personal: { auditTrail: columns('subject wrapped created_at destroyed_at') },
    impersonal: { 'in whose log': columns('tenant_id') },
  },
  subject_erasure: { personal: { erasures: columns('subject erasure_id erased_at') } },
  chain_head: { impersonal: { 'the size, hash and signature of a log': columns('tenant_id size hash updated_at key_id signature') } },
};

export const aiTables: SchemaData = {
  usage_record: {
    personal: {
      modelUsage: columns('principal_type principal_id provider model provider_model streamed prompt_tokens completion_tokens estimated ending error_code duration_ms request_id occurred_at'),
    },
    impersonal: { 'which record of which tenant': columns('id tenant_id') },
  },
};

export const relayTables: SchemaData = {
  dead_letter: {
    personal: {
      failedMessages: columns('key value headers'),
      operatorDecisions: columns('redrive_requested_at redrive_requested_by redriven_at redriven_by discarded_at discarded_by discard_reason'),
    },
    impersonal: {
      'where the message was, and whose tenant’s it says it is': columns('id sequence letter_topic letter_partition letter_offset letter_at consumer_group topic partition offset event_id event_type tenant_id'),
      'how it failed; errors by class and code': columns('attempts error failed_at fingerprint failure_digest'),
      'what became of it': columns('received_at status replay_count redrive_error redrive_batch_id processed_at superseded_by'),
    },
  },
  redrive_batch: {
    personal: { operatorDecisions: columns('requested_at requested_by reason filter stopped_at stopped_by') },
    impersonal: { 'how far it is': columns('id rate_per_second max_replays up_to_sequence selected position paced_at ended_at requested sent refused processed failed_again') },
  },
  event_decision: {
    personal: { operatorDecisions: columns('reason decided_at decided_by') },
    impersonal: { 'about which event, and what became of it': columns('id source event_id action ended_at outcome') },
  },
  dead_letter_archive: { impersonal: { 'counts of letters by names; errors by class and code': columns('day fingerprint status consumer_group topic event_type error letters') } },
  purged_place: { impersonal: { 'up to which place of Kafka letters are archived': columns('letter_topic letter_partition letter_offset letter_at') } },
  conservation: {
    impersonal: {
      'counts of events by minute': columns('source consumer_group minute committed published skipped waiting handled dead discarded missing surplus balanced closed checked_at'),
    },
  },
  conservation_mark: { impersonal: { 'how far the counts are': columns('source checked_until checked_at') } },
  consumer_start: { impersonal: { 'since when events are a group’s': columns('consumer_group event_type starts_at') } },
  replica: { impersonal: { 'which replicas of the relay there are': columns('id expires_at') } },
  lease: { impersonal: { 'which replica publishes which part of which outbox': columns('source partition replica_id') } },
};

const ofTheQueue = 'graphile-worker’s; a job carries the name and the id of a run';

export const schedulerTables: SchemaData = {
  job_run: {
    impersonal: {
      'runs of jobs, which are the platform’s; counts, and errors by class and code': columns(
        'id job trigger requested_at due_at queue_job_id attempt running started_at finished_at duration_ms outcome error error_at result',
      ),
    },
  },
  migrations: { impersonal: { [ofTheQueue]: columns('id ts breaking') } },
  _private_job_queues: { impersonal: { [ofTheQueue]: columns('id queue_name locked_at locked_by is_available') } },
  _private_jobs: {
    impersonal: {
      [ofTheQueue]: columns('id job_queue_id task_id payload priority max_attempts attempts last_error created_at updated_at run_at key locked_at locked_by revision flags is_available'),
    },
  },
  _private_known_crontabs: { impersonal: { [ofTheQueue]: columns('identifier known_since last_execution') } },
  _private_tasks: { impersonal: { [ofTheQueue]: columns('id identifier') } },
};
