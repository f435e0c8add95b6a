import { dataSchemaOf, type JsonSchema } from '@plinth/contracts';
import type { CataloguedEvent } from './event-catalogue.ts';

const text = (description: string, rules: JsonSchema = {}): JsonSchema => ({ type: 'string', description, ...rules });
const fixed = (value: string, description: string): JsonSchema => text(description, { const: value });

/** The headers of an event's message: CloudEvents 1.0 in Kafka's binary content mode, as `@plinth/kafka` writes them. */
export function eventHeaders({ name, definition, flow }: CataloguedEvent): JsonSchema {
  const { type, version, aggregateType } = definition;
  const always = {
    ce_specversion: fixed('1.0', 'CloudEvents version.'),
    ce_id: text('The same at every delivery: what duplicates are dropped by.', { format: 'uuid' }),
    ce_source: text('The service that told it.', { enum: flow.producers.map((service) => `plinth/${service}`) }),
    ce_type: fixed(name, 'Event type and version.'),
    ce_time: text('When it was told.', { format: 'date-time' }),
    ce_subject: text('The aggregate; also the key.', { format: 'uuid' }),
    ce_dataschema: fixed(dataSchemaOf(type, version), 'The `$id` of the schema.'),
    'content-type': fixed('application/json', 'Of the value.'),
    ce_eventversion: fixed(String(version), 'The version alone.'),
    ce_aggregatetype: fixed(aggregateType, 'What the aggregate is.'),
  };
  return {
    type: 'object',
    properties: {
      ...always,
      ce_sequence: text("The aggregate's version, from 1. One is missing where an operator skipped an event that could not be published. Absent for logs that number on arrival.", { pattern: '^\\d{1,19}$' }),
      ce_tenantid: text('Absent for what belongs to no tenant.', { format: 'uuid' }),
      ce_traceparent: text('W3C trace context of the request that caused it.', { maxLength: 55 }),
    },
    required: Object.keys(always),
  };
}

const place: Readonly<Record<string, JsonSchema>> = {
  dlq_topic: text('The topic that it first was on.'),
  dlq_partition: text('And the partition.', { pattern: '^\\d+$' }),
  dlq_offset: text('And the offset.', { pattern: '^\\d+$' }),
};
const replays = text('How often it was sent again; absent for never.', { pattern: '^\\d+$' });

/** Beside the message's own headers, which are kept. */
export const deadLetterHeaders: JsonSchema = {
  type: 'object',
  properties: {
    ...place,
    dlq_group: text('The consumer group that could not handle it.'),
    dlq_attempts: text('How often it was tried: 1 for what cannot be decoded.', { pattern: '^\\d+$' }),
    dlq_error: text('Class and code of the error, never its text.'),
    dlq_failed_at: text('When it was put aside.', { format: 'date-time' }),
    dlq_replay_count: replays,
  },
  required: [...Object.keys(place), 'dlq_group', 'dlq_attempts', 'dlq_error', 'dlq_failed_at'],
};

/** What an operator sends again, to the one group that failed. */
export const redrivenHeaders: JsonSchema = { type: 'object', properties: { ...place, dlq_replay_count: replays }, required: ['dlq_replay_count'] };
