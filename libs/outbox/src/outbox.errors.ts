import { defineErrors } from '@plinth/kernel';

export const outboxErrors = defineErrors({
  /** What the broker would refuse is refused to the writer. */
  eventTooLarge: {
    code: 'event_too_large',
    kind: 'too_large',
    detail: 'The change is too large to be published.',
    remedy: 'Change less at once.',
  },
  textNotStorable: {
    code: 'text_not_storable',
    kind: 'invalid',
    detail: 'A text holds a character that cannot be stored: NUL, or half of a surrogate pair.',
    remedy: 'Send text without it.',
  },
});
