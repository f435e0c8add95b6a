import { defineMetrics } from '@plinth/telemetry';

/** What is known of the gateway's own doing. */
export const gatewayMetrics = defineMetrics({
  streamsEnded: {
    name: 'plinth_gateway_answers_ended_total',
    kind: 'counter',
    help: 'Answers that were broken off because their caller was not let in any more.',
    labels: [],
  },
});
