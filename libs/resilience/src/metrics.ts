import { defineMetrics } from '@plinth/telemetry';

/** What is known of the other systems that are called. A destination's name is the code's, never its address. */
export const resilienceMetrics = defineMetrics({
  breakerState: {
    name: 'plinth_resilience_breaker_state',
    kind: 'gauge',
    help: '1 for the state that the breaker of a destination is in (closed, half_open or open), 0 for the others.',
    labels: ['destination', 'state'],
  },
  calls: {
    name: 'plinth_resilience_calls_total',
    kind: 'counter',
    help: 'Calls by outcome: answered, failed (the other side), refused (the breaker is open), given_up (by the caller or its request).',
    labels: ['destination', 'outcome'],
  },
});
