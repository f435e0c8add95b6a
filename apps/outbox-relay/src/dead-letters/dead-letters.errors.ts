import { defineErrors } from '@plinth/kernel';

export const deadLetterErrors = defineErrors({
  notFound: {
    code: 'dead_letter_not_found',
    kind: 'not_found',
    detail: 'There is no such dead letter.',
    remedy: 'Take the id from GET /v1/admin/dead-letters; old letters are purged.',
  },
  groupUnknown: {
    code: 'consumer_group_unknown',
    kind: 'conflict',
    detail: 'The letter names no consumer group of this installation, so there is nobody to send it to.',
    remedy: 'Read the letter and repair its effect by hand.',
  },
  replayLimitReached: {
    code: 'replay_limit_reached',
    kind: 'conflict',
    detail: 'The letter was sent again as often as a letter may be, and failed each time.',
    remedy: 'Mend what fails, then send it with `force` and a reason, or discard it.',
  },
  discarded: {
    code: 'dead_letter_discarded',
    kind: 'conflict',
    detail: 'The letter was discarded.',
    remedy: 'Send it with `force` and a reason where it was discarded by mistake.',
  },
  beingSent: {
    code: 'dead_letter_being_sent',
    kind: 'conflict',
    detail: 'The letter is being sent again, so it cannot be discarded.',
    remedy: 'Follow it until it is processed or has failed again.',
  },
  processed: {
    code: 'dead_letter_processed',
    kind: 'conflict',
    detail: 'The letter has been processed, so there is nothing to discard.',
    remedy: 'Nothing needs to be done.',
  },
  reasonRequired: {
    code: 'reason_required',
    kind: 'invalid',
    detail: 'Passing over the limits of a redrive needs a reason.',
    remedy: 'Send `reason`, 1 to 500 characters.',
  },
  selectionUnclear: {
    code: 'redrive_selection_unclear',
    kind: 'invalid',
    detail: 'A redrive takes a filter that narrows something, or `all`: not none of them, and not both.',
    remedy: 'Send `filter` with at least one member, or `all: true`.',
  },
  redriveNotFound: {
    code: 'dead_letter_redrive_not_found',
    kind: 'not_found',
    detail: 'There is no such redrive.',
    remedy: 'Take the id from GET /v1/admin/dead-letters/redrives.',
  },
  redriveEnded: {
    code: 'dead_letter_redrive_ended',
    kind: 'conflict',
    detail: 'The redrive has handed over all its letters, or was stopped before.',
    remedy: 'Nothing needs to be done; follow it until it is done.',
  },
});
