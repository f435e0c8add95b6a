import { callDurationBuckets } from '../analytics/durations.js';
import { defineEvent, field } from './event-definition.js';

/** What was called of one route. */
export interface RouteUsageV1 {
  method: string;
  /** The template, never the path that was called. */
  route: string;
  calls: number;
  /** Of `calls`. */
  byApiKeys: number;
  /** Of `calls`. */
  refused: number;
  /** Of `calls`. */
  failed: number;
  /** By bucket; together they are `calls`. */
  durations: number[];
}

/** What a gateway has answered to one tenant's callers in some seconds. Ids of people, and nothing of what they called for. */
export interface ApiUsageRecordedV1Payload {
  tenantId: string;
  /** From the first call on. It and all that is counted lie in one quarter of an hour of UTC, and so in one day of every time zone. */
  from: string;
  until: string;
  routes: RouteUsageV1[];
  userIds: string[];
}

const count = { type: 'integer', minimum: 0 } as const;
const routeUsage = field.record({
  method: field.text(10),
  route: field.described('The template of the route.', field.text(200)),
  calls: field.described('Calls that were answered.', count),
  byApiKeys: field.described('Of these, the calls of API keys.', count),
  refused: field.described('Of these, those answered 4xx.', count),
  failed: field.described('Of these, those answered 5xx.', count),
  durations: field.described('Calls by the bucket of their duration.', { type: 'array', items: count, minItems: callDurationBuckets, maxItems: callDurationBuckets }),
});

export const ApiUsageRecordedV1 = defineEvent<ApiUsageRecordedV1Payload>()({
  type: 'api_usage.recorded',
  version: 1,
  topic: 'plinth.gateway',
  aggregateType: 'api_usage',
  description: 'A gateway answered these calls of a tenant’s people and keys within some seconds; of one time there may be several.',
  schema: field.record({
    tenantId: field.uuid,
    from: field.described('The first call. All lie in one quarter of an hour of UTC.', field.dateTime),
    until: field.described('Calls that this gateway answered until then are told.', field.dateTime),
    routes: field.described('Each route once.', { type: 'array', items: routeUsage }),
    userIds: field.described('People who called, each once.', { type: 'array', items: field.uuid }),
  }),
});
