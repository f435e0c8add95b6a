import { defineErrors } from '@plinth/kernel';

export const heldEventErrors = defineErrors({
  notFound: {
    code: 'outbox_event_not_found',
    kind: 'not_found',
    detail: 'There is no such event in the outbox of this source.',
    remedy: 'Take source and id from GET /v1/admin/outbox/events; published events are purged.',
  },
  notFailed: {
    code: 'outbox_event_not_failed',
    kind: 'conflict',
    detail: 'Only an event that has failed for good can be armed again or skipped: this one is published, skipped, or still to be tried.',
    remedy: 'Read the event; one that is being tried fails for good or is published within a minute.',
  },
  decisionOpen: {
    code: 'outbox_decision_open',
    kind: 'conflict',
    detail: 'Another decision of this event is not carried out yet.',
    remedy: 'Read the event until its decision has an outcome, and decide then.',
  },
});
