import { defineMetrics } from '@plinth/telemetry';

/** What is known of the gateway's own doing. */
export const gatewayMetrics = defineMetrics({
  streamsEnded: {
    name: 'plinth_gateway_answers_ended_total',
    kind: 'counter',
    help: 'Answers that were broken off because their caller was not let in any more.',
    labels: [],
  },
  keyUses: {
    name: 'plinth_gateway_api_key_uses_total',
    kind: 'counter',
    help: 'Times of last use by outcome: told (to tenant-service), failed (a batch is told again later) or dropped (no room).',
    labels: ['outcome'],
  },
  usageCalls: {
    name: 'plinth_gateway_usage_calls_total',
    kind: 'counter',
    help: 'Calls counted for usage analytics, by outcome: told (in an event), dropped (no room in memory) or lost (the gateway stopped and could not tell them).',
    labels: ['outcome'],
  },
  usagePeopleDropped: {
    name: 'plinth_gateway_usage_people_dropped_total',
    kind: 'counter',
    help: 'People whose calls were counted without them, for want of room in memory.',
    labels: [],
  },
  denials: {
    name: 'plinth_gateway_denials_total',
    kind: 'counter',
    help: 'Calls from an address that their API key does not allow, by outcome: recorded (in the audit trail), repeated (recorded a while before) or lost (the trail could not be told).',
    labels: ['outcome'],
  },
});
