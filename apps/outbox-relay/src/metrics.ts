import { defineMetrics } from '@plinth/telemetry';

/** What the dead-letter desk holds. */
export const deskMetrics = defineMetrics({
  letters: {
    name: 'plinth_dead_letters',
    kind: 'gauge',
    help: 'Dead letters that are kept, by status: waiting (for an operator), requested (to be sent again), redriven, processed, failed_again or discarded.',
    labels: ['status'],
  },
  redriven: {
    name: 'plinth_dead_letters_redriven_total',
    kind: 'counter',
    help: 'Dead letters that were sent again, by outcome: sent, refused (by the broker), processed (seen in the inbox of the group) or failed_again (back as another letter).',
    labels: ['outcome'],
  },
});
