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

/** What was told against what became of it. Of events of the last 24 hours that are older than the grace. */
export const conservationMetrics = defineMetrics({
  unbalanced: {
    name: 'plinth_conservation_unbalanced_minutes',
    kind: 'gauge',
    help: 'Minutes of the last 24 hours whose events do not balance; of the outbox itself where group is empty.',
    labels: ['source', 'group'],
  },
  events: {
    name: 'plinth_conservation_broken_events',
    kind: 'gauge',
    help: 'Events of the last 24 hours that break the balance, by fault: waiting (not published), missing (published, not handled) or surplus (handled, in no outbox).',
    labels: ['source', 'group', 'fault'],
  },
  lag: {
    name: 'plinth_conservation_lag_seconds',
    kind: 'gauge',
    help: 'Age of the last moment up to which events were counted; two to four minutes where all is well.',
    labels: ['source'],
  },
});
