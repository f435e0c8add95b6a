import { Problem } from '@plinth/kernel';

export const deadLetterNotFound = () => new Problem('dead_letter_not_found', 'not_found', 'There is no such dead letter.');

export const consumerGroupUnknown = () =>
  new Problem('consumer_group_unknown', 'conflict', 'The letter names no consumer group of this installation, so there is nobody to send it to.');
