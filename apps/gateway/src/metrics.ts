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
  denials: {
    name: 'plinth_gateway_denials_total',
    kind: 'counter',
    help: 'Calls from an address that their API key does not allow, by outcome: recorded (in the audit trail), repeated (recorded a while before) or lost (the trail could not be told).',
    labels: ['outcome'],
  },
});
