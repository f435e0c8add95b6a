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
});
