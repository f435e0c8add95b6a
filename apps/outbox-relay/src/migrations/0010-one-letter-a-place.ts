import type { Migration } from '@plinth/database';

/**
 * One row for one failure. A consumer that dies between its dead letter and its offset writes a second letter of the same
 * message, at a place of its own. Both have the same digest of what failed where (`failureDigest`), and the second is dropped.
 *
 * Letters of before have none, nor have those that do not say where they first were: of these only their own place is unique.
 */
export const oneLetterAPlace: Migration = {
  name: '0010_one_letter_a_place',
  up: `
    ALTER TABLE relay.dead_letter
      ADD COLUMN failure_digest BYTEA,
      ADD CONSTRAINT dead_letter_failure_unique UNIQUE (failure_digest);`,
  down: `ALTER TABLE relay.dead_letter DROP COLUMN failure_digest;`,
};
