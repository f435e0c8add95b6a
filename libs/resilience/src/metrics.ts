import { defineMetrics } from '@plinth/telemetry';

/** What is known of the other systems that are called. A destination's name is the code's, never its address. */
export const resilienceMetrics = defineMetrics({
  breakerState: {
    name: 'plinth_resilience_breaker_state',
    kind: 'gauge',
    help: 'Breakers of a destination that are in the state (closed, half_open or open): 1 or 0, or more where each tenant has its own.',
    labels: ['destination', 'state'],
  },
  calls: {
    name: 'plinth_resilience_calls_total',
    kind: 'counter',
    help: 'Tries by outcome: answered, failed (the other side), refused (the breaker is open), overloaded (no place in the bulkhead), given_up (by the caller or its request).',
    labels: ['destination', 'outcome'],
  },
  bulkhead: {
    name: 'plinth_resilience_bulkhead_calls',
    kind: 'gauge',
    help: 'Calls that are under way (running) or wait for a place (waiting).',
    labels: ['destination', 'state'],
  },
  retries: {
    name: 'plinth_resilience_retries_total',
    kind: 'counter',
    help: 'Further tries by outcome: made, or over_budget (not made, for too many have been).',
    labels: ['destination', 'outcome'],
  },
});
