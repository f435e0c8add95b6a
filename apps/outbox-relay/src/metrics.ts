import { defineMetrics } from '@plinth/telemetry';

/** What the dead-letter desk holds. */
export const deskMetrics = defineMetrics({
  letters: {
    name: 'plinth_dead_letters',
    kind: 'gauge',
    help: 'Dead letters that are kept, by status: waiting (for an operator), requested (to be sent again), redriven, processed, failed_again or discarded.',
    labels: ['status'],
  },
});
